"""Processes that variants run in: started, forked, watched, given jobs and ended."""
