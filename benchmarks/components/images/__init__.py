"""Components of the family ``images``."""
