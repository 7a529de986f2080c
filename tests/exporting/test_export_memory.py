"""Records are exported one at a time: neither they nor their tables pile up."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import exported
import pytest

from perfsuite.exporting import sources, tables
from perfsuite.exporting.formats import FORMATS
from perfsuite.records import store

COUNT = 6


@pytest.mark.parametrize("name", FORMATS)
def test_records_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    if FORMATS[name].save:
        pytest.importorskip({"parquet": "pyarrow"}.get(name, name))
    exported.kept(tmp_path / "results", *exported.series(COUNT))
    most = {"runs": 0, "tables": 0}

    def watch(kind: str, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
        mine: set[int] = set()

        def made(given: Any) -> Any:
            found = make(given)
            mine.add(id(found))
            weakref.finalize(found, mine.discard, id(found))
            most[kind] = max(most[kind], len(mine))
            return found

        return made

    monkeypatch.setattr(sources, "read", watch("runs", store.read))
    for table, build in tables.BUILD.items():
        monkeypatch.setitem(tables.BUILD, table, watch("tables", build))
    assert exported.export(tmp_path, "--to", name, tmp_path / "results", "-o", tmp_path / "out") == 0
    assert 1 <= most["runs"] <= 2 < COUNT
    assert most["tables"] <= 2
