"""Times of cells over many runs of one kind of machine: its drift, suspected steps, and creep since an anchor."""
