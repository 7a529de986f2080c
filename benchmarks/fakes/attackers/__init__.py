"""Attackers: each takes a right variant and returns one that cheats. Laid into a copy of ``impls`` where it is played.

The first line of a function's docstring says what it does; source and verdict stand in :mod:`benchmarks.fakes.kinds`.
Nothing here runs when it is imported, or wrapped: a cheat begins with its first call, as one in a variant would.
"""
