"""Components of the family ``einsum``."""
