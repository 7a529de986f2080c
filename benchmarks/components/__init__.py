"""One file per component, ``<family>/<name>.py``, each with a ``COMPONENT``. No torch at import."""
