"""Two trees timed in turns in one process, and the sequential test on the results."""
