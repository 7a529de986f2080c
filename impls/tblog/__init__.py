"""TensorBoard: what scalars, histograms, pictures, graphs and embeddings cost until they are on file."""
