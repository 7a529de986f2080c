"""What is said of two commits, in words, in the terminal and on a page."""
