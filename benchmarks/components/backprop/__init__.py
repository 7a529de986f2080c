"""Components of the family ``backprop``."""
