"""How a project declares a component: a decorated function that makes inputs, and defaults for all else."""
