"""The components of the family ``optim``."""
