"""One run on many machines: its cells split into shards, the shards run and rerun until whole, their records merged."""
