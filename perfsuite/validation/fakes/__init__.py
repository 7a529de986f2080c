"""Attackers that try to get a better number than they deserve, and the code that runs them through the real passes."""
