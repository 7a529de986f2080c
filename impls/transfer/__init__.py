"""Moving numbers: from host to device and back, within the host's memory, and what memory gives at most."""
