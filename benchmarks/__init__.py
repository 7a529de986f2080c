"""How the contestants in ``impls`` are proved, timed and explained. Importing this package loads no torch."""
