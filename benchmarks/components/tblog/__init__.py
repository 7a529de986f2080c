"""Components of the family ``tblog``."""
