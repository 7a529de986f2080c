"""An engine that proves, times and explains variants of the same work. Importing this package loads no torch."""

from perfsuite.declaring.declaration import component
from perfsuite.declaring.marks import needs, prepared

__all__ = ["component", "needs", "prepared"]
