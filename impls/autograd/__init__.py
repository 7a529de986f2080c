"""Autograd itself: what tracking costs, gradients of scalars, second derivatives, and parts that need no gradient."""
