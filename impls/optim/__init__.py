"""Fitting by gradient descent, optimizer steps, and what surrounds them."""
