"""Layers written out as their formulas say, beside the calls that the library has for them."""
