"""What changed between two records of one class of machine: found, worded, and shown in the terminal and on a page."""
