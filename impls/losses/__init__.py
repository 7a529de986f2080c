"""Losses: what stays finite, what the gradient needs, and what the formula costs beside the library's call."""
