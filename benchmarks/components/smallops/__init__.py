"""Components of the family ``smallops``."""
