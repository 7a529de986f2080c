"""The components of the family ``noise``: they ask nothing of PyTorch, they test how well a slowdown is seen."""
