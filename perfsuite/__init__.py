"""An engine that proves, times and explains variants of the same work.

Importing this package loads nothing else, because its plugin is loaded by every run of pytest.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfsuite.declaring.declaration import component
    from perfsuite.declaring.marks import needs, prepared
    from perfsuite.runners.api import compare, measure

__all__ = ["compare", "component", "measure", "needs", "prepared"]

WHERE = {
    "component": "perfsuite.declaring.declaration",
    "needs": "perfsuite.declaring.marks",
    "prepared": "perfsuite.declaring.marks",
    "compare": "perfsuite.runners.api",
    "measure": "perfsuite.runners.api",
}


def __getattr__(name: str) -> Any:
    """A name of ``__all__``, imported when it is first used."""
    if name in WHERE:
        return getattr(importlib.import_module(WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
