"""Components of the family ``tensors``."""
