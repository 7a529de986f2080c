"""Entry points: the command line, and the front ends for other tools."""
