"""Tests of the engine itself: attackers that try to get a better number, and faults that could lose results."""
