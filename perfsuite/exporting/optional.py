"""Libraries that only some formats need: imported when they are used."""

from __future__ import annotations

import importlib
from typing import Any


def library(name: str, what: str) -> Any:
    """The module ``name``, which ``what`` needs.

    Raises:
        ValueError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise ValueError(f"{what} needs {package}: pip install {package} (or the extra 'export')") from None
