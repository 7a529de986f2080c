"""Isolation of a measurement from side effects: global state, rebound names, threads, recompiles."""
