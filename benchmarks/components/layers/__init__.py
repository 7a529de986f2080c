"""Components of the family ``layers``."""
