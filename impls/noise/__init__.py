"""Functions of different noise classes: what the detector of slowdowns is validated on."""
