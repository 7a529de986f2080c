"""Shapes that are stretched without a copy, by intent and by accident."""
