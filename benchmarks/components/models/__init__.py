"""Components of the family ``models``."""
