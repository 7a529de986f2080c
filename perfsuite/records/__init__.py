"""Stored results: the journal of a run, record files, and the archive of runs in a project."""
