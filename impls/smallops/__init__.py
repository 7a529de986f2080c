"""Small operators: what a call costs when the tensors are small, and how to make fewer calls."""
