"""What a measurement must be kept from: global state, rebound names, threads, recompiles."""
