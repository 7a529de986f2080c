"""Components of the family ``dataload``."""
