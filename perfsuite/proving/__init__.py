"""Checking results: inputs, references, and the results that are handed to the referee."""
