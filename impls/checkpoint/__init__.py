"""Checkpoints: what formats cost when they are written, read from memory or disk, and made a network again."""
