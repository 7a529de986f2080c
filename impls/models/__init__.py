"""Models: whole networks, what the call path and the mode add to them, and how their weights begin."""
