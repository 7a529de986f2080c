"""The components of the family ``hf``."""
