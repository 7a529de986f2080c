"""Reports on why a cell is slower: the evidence in words, in the terminal, and on a page with a flame graph."""
