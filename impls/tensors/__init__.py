"""Tensors: made, copied or shared, laid out, indexed, filled at random, and what touching one costs at all."""
