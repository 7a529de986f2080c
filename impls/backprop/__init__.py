"""Forward and backward by hand: the refactorings of a two-layer network, from functions to autograd."""
