"""Batches from data in memory: per-sample loaders, batch-wise loaders, worker processes, plain slicing."""
