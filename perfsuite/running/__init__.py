"""A run from its options to its record: the passes in order, each in its own workers."""
