"""Two trees in turns in one process, and the sequential test on what that gives."""
