"""The components of the family ``training``."""
