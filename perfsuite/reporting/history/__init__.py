"""The history of a kind of machine: worded, and shown in the terminal and on pages."""
