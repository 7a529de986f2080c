"""A worker's part of an explanation: what it counts, watches and samples in passes of their own."""
