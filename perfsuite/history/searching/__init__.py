"""How clear a step is, at each position of many series at once, and how clear one must be to be no chance."""
