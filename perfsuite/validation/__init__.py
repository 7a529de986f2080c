"""The engine put to the test: attackers that want a better number, and faults that want to lose results."""
