"""Timing and checking themselves: what a clock, a profiler, a look at the loss or a check costs what it looks at."""
