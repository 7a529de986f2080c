"""The jobs of a worker: check, time, count, trace."""
