"""The variants: several ways to compute the same thing, one folder per family, one file per component.

Nothing of the suite is imported here, so that this package can be installed and measured alone. Imports inside it
are relative: two versions of it can then live in one process under two names.
"""
