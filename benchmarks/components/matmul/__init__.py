"""Components of the family ``matmul``."""
