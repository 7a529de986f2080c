"""Where a project keeps its variants and components, and the trees of its commits."""
