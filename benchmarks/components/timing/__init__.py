"""Components of the family ``timing``: here ways of measuring are what is measured."""
