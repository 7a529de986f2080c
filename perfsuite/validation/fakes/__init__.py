"""Attackers that try to get a better number than they earned, and the play that drives each through the real passes."""
