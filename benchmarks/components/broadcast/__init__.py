"""Components of the family ``broadcast``."""
