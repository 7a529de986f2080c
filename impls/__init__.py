"""The contestants: several ways of computing the same thing, one family a folder, one problem a file.

Nothing of the suite is imported here, so that this package can be installed and measured alone. Imports inside it
are relative: two versions of it can then live in one process under two names.
"""
