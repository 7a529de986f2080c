"""Components of the family ``timing``: they measure ways of measuring."""
