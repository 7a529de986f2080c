"""Components of the family ``transfer``."""
