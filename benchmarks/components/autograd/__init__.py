"""Components of the family ``autograd``."""
