"""Components of the family ``checkpoint``."""
