"""What this project measures, and the claims that it decides. Importing this package does not import torch."""

import importlib.util
import sys
from pathlib import Path

# asv imports this package from its folder alone, so it does not find the engine next to it.
if importlib.util.find_spec("perfsuite") is None:
    _folder = Path(__file__).resolve().parent.parent / "perfsuite"
    _spec = importlib.util.spec_from_file_location(
        "perfsuite", _folder / "__init__.py", submodule_search_locations=[str(_folder)]
    )
    assert _spec is not None and _spec.loader is not None
    sys.modules["perfsuite"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["perfsuite"])
