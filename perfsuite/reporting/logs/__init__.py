"""A run as logs of TensorBoard."""
