"""A project: where its variants and components are, and the trees of its commits."""
