"""Clocks, batches and rounds: how a call is timed."""
