"""How often a comparison is wrong, how it compares with other tools, and what its noise depends on."""
