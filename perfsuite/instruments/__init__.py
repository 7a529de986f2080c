"""Measurements other than the time of a call: memory, operators, traces, the limits and the health of the machine."""
