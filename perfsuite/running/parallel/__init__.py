"""Checks of a run in several processes at once, each with a share of the components."""
