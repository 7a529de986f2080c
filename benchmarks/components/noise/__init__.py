"""The components of the family ``noise``: they test how well a slowdown is detected, not PyTorch itself."""
