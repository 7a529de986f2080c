"""How often a comparison errs, how it fares against other tools, and what its noise depends on."""
