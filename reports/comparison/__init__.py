"""A comparison of two commits in words, for a terminal, a pull request, a program and a browser."""
