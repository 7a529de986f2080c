"""Components of the family ``losses``."""
