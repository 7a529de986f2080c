"""How well steps are found in a history: ours and the libraries in the field's use, on the same series."""
