"""A component whose variants pass large batches between processes."""

from __future__ import annotations

import dataclasses

from benchmarks.components.faults.misbehaving import adding_one

from perfsuite.model.component import Case

COMPONENT = dataclasses.replace(adding_one("faults.sharing"), cases=(Case("1000000", {"n": 1_000_000}),))
