"""Ways of writing a contraction: the formula of ``einsum`` and the operators behind it."""
