"""One file per component, ``<family>/<name>.py``, each with a ``COMPONENT``. Importing them does not import torch."""
