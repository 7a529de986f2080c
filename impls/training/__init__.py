"""Loops that train and evaluate: where their time goes, and what makes them faster."""
