"""Timing of calls: clocks, batches and rounds."""
