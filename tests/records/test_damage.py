"""Files that others wrote: damage is told in one line, which names the file, the cell or line, and the field."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made
import pytest

from perfsuite.calibration import calibrate, spread, tally
from perfsuite.judging import comparisons, verdicts
from perfsuite.judging import record as compared
from perfsuite.model import record
from perfsuite.pairing import sequential
from perfsuite.records import journal, lines, options, store
from perfsuite.runners import cli

ROOT = Path(__file__).resolve().parents[2]
HUGE = 10**400
LOOP = "matmul.ladder/loop/eager/cpu/5x784x10/1"
DEEP = "[" * 100_000 + "]" * 100_000
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """The lines of a file that is not damaged; the first record is that of LOOP."""
    path = store.write(made.tiny(), tmp_path_factory.mktemp("whole"))
    return [json.loads(line) for line in gzip.open(path, "rt")]


def packed(*lines: object) -> bytes:
    """Lines as a file; a text stands for itself."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return gzip.compress("".join(f"{text}\n" for text in texts).encode(), mtime=0)


def at(*path: str | int, put: Any) -> Callable[[Any], None]:
    """A change of one place in a line."""

    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        line[path[-1]] = put

    return change


def without(*path: str | int) -> Callable[[Any], None]:
    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        del line[path[-1]]

    return change


def both(*changes: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(line: Any) -> None:
        for one in changes:
            one(line)

    return change


def told(content: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``report`` says of a file: one line, without the file's own path; nothing is written."""
    path = folder / "x.jsonl.gz"
    path.write_bytes(content)
    code = cli.main(["report", str(path), "--results", str(folder / "results")])
    out, err = capsys.readouterr()
    assert (code, out) == (2, ""), (code, out, err)
    assert err.count("\n") == 1 and err.startswith(f"benchmarks: {path} "), err
    assert err[:-1].isprintable()
    assert not (folder / "results").exists()
    return err[:-1].removeprefix(f"benchmarks: {path} ")


WALL = "must be at least 1e-15, is"
NO_FOLDER = "cannot be the name of a folder"
RECORD = [
    (without("flops"), ""),  # what has a default may be missing: it is new, and the file older
    (without("status"), "status: is missing"),
    (without("launches", 1, "calls"), "launches[1].calls: is missing"),
    (at("extra", put=1), "extra: is not a field that this version knows"),
    (at("launches", 0, "e\x1b[1mx", put=1), "launches[0].e\\x1b[1mx: is not a field that this version knows"),
    (at("cost", "leak", put=1), "cost.leak: is not a field that this version knows"),
    (at("status", put="fine"), f"status: 'fine' is not one of {', '.join(record.STATUSES)}"),
    (at("launches", put=[]), "launches: is empty, but the status is ok"),
    (both(at("status", put="impossible"), at("launches", put=[])), "launches: is empty, but the status is impossible"),
    (at("launches", put={}), "launches: expected array, got object"),
    (at("launches", 0, put=[]), "launches[0]: expected object, got array"),
    (at("launches", 0, "wall", put=[]), "launches[0].wall: is empty"),
    (at("launches", 0, "wall", 2, put="1"), "launches[0].wall[2]: expected float, got str"),
    (at("launches", 0, "wall", 2, put=None), "launches[0].wall[2]: expected float, got null"),
    (at("launches", 0, "wall", 2, put=True), "launches[0].wall[2]: expected float, got bool"),
    (at("launches", 0, "wall", 2, put=0), f"launches[0].wall[2]: {WALL} 0"),
    (at("launches", 0, "wall", 2, put=1e-300), f"launches[0].wall[2]: {WALL} 1e-300"),
    (at("launches", 0, "wall", 2, put=-1.5), f"launches[0].wall[2]: {WALL} -1.5"),
    (at("launches", 0, "wall", 2, put=HUGE), "launches[0].wall[2]: number out of range"),
    (at("launches", 0, "wall", 2, put=1e300), "launches[0].wall[2]: 1e+300 is out of range"),
    (at("launches", 0, "wall", put=[1e-3] * 4), "launches[0].at: holds 3 values, wall 4"),
    (at("launches", 0, "at", put=[]), "launches[0].at: holds 0 values, wall 3"),
    (at("launches", 0, "faults", put=[1]), "launches[0].faults: holds 1 values, wall 3"),
    (at("launches", 0, "delay", put=[0.0, 0.0, -1.0]), "launches[0].delay[2]: must be not below 0, is -1"),
    (at("launches", 0, "parts", put={"data": [1.0]}), "launches[0].parts.data: holds 1 values, wall 3"),
    (at("launches", 0, "parts", put={"data": ["1"]}), "launches[0].parts[...][0]: expected float, got str"),
    (at("launches", 0, "calls", put=0), "launches[0].calls: must be at least 1, is 0"),
    (at("launches", 0, "calls", put=2.5), "launches[0].calls: expected int, got float"),
    (at("launches", 0, "calls", put=True), "launches[0].calls: expected int, got bool"),
    (at("launches", 0, "calls", put=HUGE), f"launches[0].calls: 1{38 * '0'}… is out of range"),
    (at("launches", 0, "first", put="\ud800"), "contains half a character (a lone surrogate) where no text is allowed"),
    (at("launches", 1, "launch", put=0), "launches[1].launch: 0 appears twice"),
    (at("size", put=-1), "size: must be not below 0, is -1"),
    (at("series", put="x"), "size: is 0, but the case belongs to a series"),
    (at("proof", "share", put=-0.5), "proof.share: must be not below 0, is -0.5"),
    (at("cost", "ops", put=-1), "cost.ops: must be not below 0, is -1"),
    (at("trace", put="../../../../etc/passwd"), "trace: '../../../../etc/passwd' leads out of the results folder"),
    (at("trace", put="/etc/passwd"), "trace: '/etc/passwd' leads out of the results folder"),
    (at("trace", put="profile/../../x"), "trace: 'profile/../../x' leads out of the results folder"),
    (at("trace", put="profile\\..\\x"), "trace: 'profile\\..\\x' leads out of the results folder"),
    (at("trace", put="file:x"), "trace: 'file:x' leads out of the results folder"),
    (at("trace", put="JavaScript:alert(1)"), "trace: 'JavaScript:alert(1)' leads out of the results folder"),
    (at("trace", put="a\x00b"), "trace: 'a\\x00b' leads out of the results folder"),
    (at("trace", put=1001 * "x"), f"trace: '{199 * 'x'}…' leads out of the results folder"),
]
CELLS = [
    ("matmul.ladder/mm", "matmul.ladder/mm: cell: 'matmul.ladder/mm' is not a cell"),
    (
        "no.such/mm/eager/cpu/8/1",
        "no.such/mm/eager/cpu/8/1: cell: no.such is not among the components of this file",
    ),
    ("matmul.ladder/mm/eager/cpu/8/1", "matmul.ladder/mm/eager/cpu/8/1: cell: appears twice, again in line 6"),
    ("\x1b[31m\n", "\\x1b[31m\\n: cell: '\\x1b[31m\\n' is not a cell"),
    (10**6 * "x", f"{199 * 'x'}…: cell: '{199 * 'x'}…' is not a cell"),
    (5, "line 2: cell: expected str, got int"),
    (None, "line 2: cell: expected str, got null"),
]
HEAD = [
    (without("seconds"), "seconds: is missing"),
    (at("seconds", put=None), "seconds: expected float, got null"),
    (at("seconds", put=-1), "seconds: must be not below 0, is -1"),
    (at("speed", put=1), "speed: is not a field that this version knows"),
    (at("schema", put=True), "schema: expected int, got bool"),
    (at("schema", put="1"), "schema: expected int, got str"),
    (at("schema", put=0), "schema: must be at least 1, is 0"),
    (at("records", put=[{}]), "records[0].cell: is missing"),
    (at("records", put=[{"cell": LOOP, "status": "skipped"}]), "records: belong on lines of their own"),
    (at("machine_class", put="a/b"), f"machine_class: 'a/b' {NO_FOLDER}"),
    (at("machine_class", put=".."), f"machine_class: '..' {NO_FOLDER}"),
    (at("machine_class", put=""), f"machine_class: '' {NO_FOLDER}"),
    (at("run", put="../../x"), f"run: '../../x' {NO_FOLDER}"),
    (at("run", put="a\\b"), f"run: 'a\\b' {NO_FOLDER}"),
    (at("commit", put="../x"), f"commit: '../x' {NO_FOLDER}"),
    (at("started", put="today"), "started: 'today' is not a time with a time zone, such as 2026-11-21T23:50:00+00:00"),
    (
        at("started", put="2026-11-21/23:50:00+00:00"),
        "started: '2026-11-21/23:50:00+00:00' is not a time with a time zone, such as 2026-11-21T23:50:00+00:00",
    ),
    (at("roofs", 0, "value", put=0), f"roofs[0].value: {WALL} 0"),
    (at("roofs", 0, "typical", put=None), "roofs[0].typical: expected float, got null"),
    (at("problems", 1, "name", put="matmul.ladder"), "problems[1].name: matmul.ladder appears twice"),
    (at("problems", 1, "name", put="index"), "problems[1].name: 'index' is not a component name (family.file)"),
    (at("problems", 0, "variants", 0, "needs", put="cuda"), "problems[0].variants[0].needs: expected array, got str"),
    (at("problems", 0, "published", "mm", put=["x"]), "problems[0].published[...][0]: expected float, got str"),
    (at("facts", 0, "holds", put=1), "facts[0].holds: expected bool | null, got int"),
    (at("machine", "cores", put=HUGE), f"machine.cores: 1{38 * '0'}… is out of range"),
    (at("machine", put=[]), "machine: expected object, got array"),
]


def _named(case: Any) -> str:
    return case[:60].replace("/", "|") if isinstance(case, str) else ""


@pytest.mark.parametrize(("change", "says"), RECORD, ids=_named)
def test_a_damaged_record_names_its_cell_and_field(
    change: Callable[[Any], None], says: str, whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lines = copy.deepcopy(whole)
    change(lines[1])
    if says:
        assert told(packed(*lines), tmp_path, capsys) == f"is damaged: {LOOP}: {says}"
    else:
        path = tmp_path / "x.jsonl.gz"
        path.write_bytes(packed(*lines))
        assert len(store.read(path).records) == len(whole) - 1


@pytest.mark.parametrize(("cell", "says"), CELLS, ids=_named)
def test_a_cell_that_cannot_be_is_named(
    cell: Any, says: str, whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lines = [whole[0], {**whole[1], "cell": cell}, *whole[2:]]
    assert told(packed(*lines), tmp_path, capsys) == f"is damaged: {says}"


@pytest.mark.parametrize(("change", "says"), HEAD, ids=_named)
def test_a_damaged_first_line_names_its_field(
    change: Callable[[Any], None], says: str, whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lines = copy.deepcopy(whole)
    change(lines[0])
    assert told(packed(*lines), tmp_path, capsys) == f"is damaged: line 1: {says}"


def test_what_is_no_record_at_all_is_named_by_its_line(
    whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    head, first, *_ = whole
    text = json.dumps(first)
    for line, says in (
        ("[1]", "line 2: is not an object, but list"),
        ("null", "line 2: is not an object, but NoneType"),
        ("", "line 2: is not JSON: Expecting value at character 1"),
        (text[:50], "line 2: is not JSON: Expecting ',' delimiter at character 51"),
        (DEEP, "line 2: is nested too deeply"),
        ('{"cell": ' + 5000 * "1" + "}", "line 2: contains a number with thousands of digits"),
        (text.replace('"status"', '"cell": "x", "status"'), "line 2: cell: appears twice"),
        (text.replace('"calls": ', '"calls": NaN, "c": ', 1), "line 2: contains NaN, which is not a number"),
        (
            text.replace('"calls": ', '"calls": -Infinity, "c": ', 1),
            "line 2: contains -Infinity, which is not a number",
        ),
        (
            text.replace('"prepare": ', '"prepare": 1e999, "p": ', 1),
            f"{LOOP}: launches[0].prepare: inf is out of range",
        ),
        (text.replace("{", "\ufeff{", 1), "line 2: is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig) at"),
    ):
        assert told(packed(head, line, *whole[2:]), tmp_path, capsys).startswith(f"is damaged: {says}"), line[:40]
    content = gzip.decompress(packed(head, first)).replace(b'"ok"', b'"\xff"')
    assert "is damaged: line 2: is not UTF-8 at byte" in told(gzip.compress(content), tmp_path, capsys)


def test_what_is_no_record_file_is_told_as_such(whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good = packed(*whole)
    for content, says in (
        (b"", "is not a record file: it is empty"),
        (packed(), "is not a record file: it is empty"),
        (b"no gzip", "is not a readable record file: Not a gzipped file (b'no')"),
        (
            good[:-20],
            "is not a readable record file: Compressed file ended before the end-of-stream marker was reached",
        ),
        (good[:5], "is not a readable record file: Compressed file ended before the end-of-stream marker was reached"),
        (good[:60] + b"\0\0\0\0" + good[64:], "is not a readable record file: "),
        (good[:-8] + b"\0\0\0\0" + good[-4:], "is not a readable record file: CRC check failed"),
        (good + b"more", "is not a readable record file: Not a gzipped file (b'mo')"),
        (packed("[]"), "is not a readable record file: its first line is not an object, but list"),
        (packed({"run": "x"}), "is not a record file: its first line has no schema"),
        (packed({"schema": 2}), "has schema 2, this version reads up to 1: update the suite"),
        (packed({"schema": HUGE}), f"has schema 1{198 * '0'}…, this version reads up to 1: update the suite"),
    ):
        assert told(content, tmp_path, capsys).startswith(says), says


def test_what_machines_tell_is_not_nested_without_end(whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    deep: Any = 1
    for _ in range(50):
        deep = {"a": deep}
    says = told(packed({**whole[0], "environment": deep}, *whole[1:]), tmp_path, capsys)
    assert says == f"is damaged: line 1: environment{20 * '.a'}: is nested too deeply"


@pytest.mark.parametrize("folder", ["benchmarks/evidence", "tests/data"])
def test_every_file_that_is_kept_reads(folder: str):
    paths = sorted((ROOT / folder).rglob("*.jsonl.gz"))
    assert paths
    for path in paths:
        assert store.read(path).records, path


def test_a_file_of_an_older_schema_that_lacks_new_fields_reads(whole: Lines, tmp_path: Path):
    lines = copy.deepcopy(whole)
    for name in ("facts",):
        del lines[0][name]
    for line in lines[1:]:
        for name in ("cost", "trace", "reason"):
            del line[name]
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(packed(*lines))
    found = store.read(path)
    assert found.facts == () and found.records[0].cost is None and found.records[0].trace == ""


# -- without the library -----------------------------------------------------------------------------------------------


def test_without_the_library_one_line_says_what_to_install(
    whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(packed(*whole))
    assert cli.main(["report", str(path), "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "benchmarks: reading a record needs msgspec: pip install msgspec\n"


def test_only_reading_a_file_loads_the_library():
    """A run needs nothing that only readers need: the journal takes in what it has just written without it."""
    code = """
import sys, tempfile
from pathlib import Path
sys.modules["msgspec"] = None
from perfsuite.runners import cli
from perfsuite.records import folding, journal, store
from perfsuite.records.options import Options
with tempfile.TemporaryDirectory() as folder:
    options = Options(cells=(), selection="", command="", left_out="")
    facts = {"machine": {}, "machine_class": "m", "commit": "", "dirty": False, "tree": ""}
    book = journal.begin(Path(folder), options, facts)
    launch = {"launch": 0, "calls": 1, "prepare": 0.0, "first": 0.0, "at": [0.0], "wall": [1.0]}
    launch |= {"cpu": [], "delay": [], "switches": [], "faults": [], "parts": {}}
    book.add("check", cell="a.b/c/d/e/f/1", answer={"status": "ok", "reason": "\\ud800"})
    book.add("launch", cell="a.b/c/d/e/f/1", launch=launch, contended=False)
    book.add("sitting", seconds=1.0, ended=True)
    book.close()
    store.write(folding.fold(book.found), Path(folder))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- journals ----------------------------------------------------------------------------------------------------------

CELL = "matmul.ladder/mm/eager/cpu/8/1"
MACHINE = {"machine": {}, "machine_class": "m", "commit": "", "dirty": False, "tree": ""}
LAUNCH = {
    **{"launch": 0, "calls": 1, "prepare": 0.0, "first": 0.0, "at": [0.0, 1.0], "wall": [1.0, 1.0]},
    **{"cpu": [], "delay": [], "switches": [], "faults": [], "parts": {}},
}
PROOF = {"error": 0.0, "share": 0.0, "seeds": 3, "first": 0.1, "call": 0.1}


def a_journal(folder: Path) -> Path:
    """The journal of a run that was interrupted after its first launch."""
    asked = options.Options(cells=(CELL,), selection="", command="", left_out="")
    book = journal.begin(folder, asked, MACHINE)
    book.add("environment", environment={"torch": "2.15"})
    book.add("facts", facts=[{"says": "a", "holds": None, "seen": "é\U0001f525\ud800"}])
    book.add("roofs", roofs=[vars(made.ROOFS[0])])
    book.add("check", cell=CELL, answer={"status": "ok", "reason": "", "proof": PROOF, "no cost": "why"})
    book.add("launch", cell=CELL, launch=LAUNCH, contended=False)
    book.add("trace", cell=CELL, path="profile/x/trace.json.gz")
    book.add("sitting", seconds=1.0, ended=False)
    book.close()
    return book.path


JOURNAL = [
    (0, at("options", "rounds", put=0), "options.rounds: must be at least 1, is 0"),
    (0, at("options", "cells", 0, put="x"), "options.cells[0]: 'x' is not a cell"),
    (
        0,
        at("options", "cells", 0, put="matmul.ladder/mm/eager/cpu/no-such/1"),
        "options.cells[0]: matmul.ladder/mm/eager/cpu/no-such/1 no longer exists",
    ),
    (
        0,
        at("options", "cells", 0, put="no.such/mm/eager/cpu/8/1"),
        "no component 'no.such': `python -m benchmarks list` shows all of them",
    ),
    (0, at("options", "speed", put=1), "options.speed: is not a field that this version knows"),
    (0, at("run", put="../x"), f"run: '../x' {NO_FOLDER}"),
    (0, at("commit", put="../x"), f"commit: '../x' {NO_FOLDER}"),
    (0, without("tree"), "tree: is missing"),
    (3, at("roofs", 0, "value", put=0), f"roofs[0].value: {WALL} 0"),
    (
        4,
        at("answer", "status", put="fine"),
        f"answer.status: 'fine' is not one of {', '.join(record.STATUSES)}",
    ),
    (4, at("answer", "proof", "seeds", put="3"), "proof.seeds: expected int, got str"),
    (4, at("cell", put="matmul.ladder/mm/eager/cpu/16/1"), "cell: is not among the cells of this run"),
    (5, at("launch", "wall", 1, put=0), f"launch.wall[1]: {WALL} 0"),
    (5, at("launch", "at", put=[]), "launch.at: holds 0 values, wall 2"),
    (5, without("contended"), "contended: is missing"),
    (6, at("path", put="../../etc/passwd"), "path: '../../etc/passwd' leads out of the results folder"),
    (7, at("seconds", put=-1), "seconds: must be not below 0, is -1"),
    (7, at("kind", put="siting"), None),
    (7, at("ended", put=0), "ended: expected bool, got int"),
]


@pytest.mark.parametrize(("number", "change", "says"), JOURNAL, ids=_named)
def test_a_damaged_journal_names_its_line(number: int, change: Callable[[Any], None], says: str | None, tmp_path: Path):
    path = a_journal(tmp_path)
    written = [json.loads(line) for line in path.read_text().splitlines()]
    change(written[number])
    path.write_text("".join(json.dumps(line) + "\n" for line in written))
    with pytest.raises(ValueError) as problem:
        journal.resume(tmp_path)
    cell = f": {written[number]['cell']}" if "cell" in written[number] else ""
    says = says or f"kind: 'siting' is not one of {', '.join(list(lines.KINDS)[1:])}"
    assert str(problem.value) == f"{path} is damaged: line {number + 1}{cell}: {says}: delete it and start again"


def test_a_whole_journal_is_resumed_and_one_cut_anywhere_in_its_last_line_too(tmp_path: Path):
    path = a_journal(tmp_path)
    content = path.read_bytes()
    start = content.rstrip(b"\n").rindex(b"\n") + 1
    for length in range(start, len(content) + 1):
        path.write_bytes(content[:length])
        book = journal.resume(tmp_path)
        book.close()
        assert len(book.found.launches) == 1 and book.found.seconds == (1.0 if length == len(content) else 0.0), length


def test_a_launch_of_a_journal_may_lack_what_has_a_default(tmp_path: Path):
    path = a_journal(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for name in ("cpu", "parts"):
        del lines[5]["launch"][name]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = journal.load(path)
    assert [(one.cpu, one.parts, one.wall) for one in found.launches.values()] == [((), {}, (1.0, 1.0))]


def a_comparison(folder: Path) -> Path:
    """The journal of a comparison of one cell."""
    side = {"label": "b", "commit": "", "path": "", "hash": "h", "requirements": []}
    facts = {"base": side, "head": side, "folder": "f", "machine": {}, "machine_class": "xeon-8581c-2c", "malloc": {}}
    book = comparisons.begin(folder, compared.Options(cells=(CELL,), selection="", command=""), facts)
    counts = {"base": {"operators": 1, "views": None}, "head": {"operators": 2, "views": None}}
    book.add("proof", cell=CELL, verdict="", reason="", counts=counts, call=1e-5, seconds=1.0)
    book.add("rule", rule=vars(sequential.Rule(1)))
    book.add("epoch", number=0, order=[CELL], mount=0, hash=1, padding=2, seed=3, first=1)
    book.add("start", cells=[CELL], seconds=1.0)
    x = {"x": 0.05, "blocks": [0.05], "calls": [1, 1], "base": 1e-5, "truth": 0.0, "seconds": 0.1}
    book.add("x", cell=CELL, epoch=0, **x)
    book.add("control", cell=CELL, x=0.0)
    book.add("fault", cell=CELL, status="crashed", reason="why")
    book.add("sitting", seconds=9.0, ended=True)
    book.close()
    return book.path


COMPARISON = [
    (0, at("schema", put=2), "schema 2, this version reads 1"),
    (0, at("options", "gate", put="x"), "options.gate: 'x' is not one of slower, any, none"),
    (0, at("options", "alpha", put=0), "alpha 0 is not an error rate: it must be between 0 and 1"),
    (0, at("options", "cells", 0, put="x"), "options.cells[0]: 'x' is not a cell"),
    (0, at("run", put="../x"), f"run: '../x' {NO_FOLDER}"),
    (0, without("base", "hash"), "base.hash: is missing"),
    (0, at("base", "path", put=1), "base.path: expected str, got int"),
    (1, at("cell", put="x"), "cell: 'x' is not a cell"),
    (1, at("verdict", put="FINE"), None),
    (1, without("call"), "call: is missing"),
    (1, at("counts", "base", "views", put="1"), "counts[...][...]: expected int | null, got str"),
    (2, at("rule", "cells", put=0), "rule: nothing to judge: no cells"),
    (2, at("kind", put="sitting"), "kind: a rule"),
    (4, at("cells", put=[]), "cells: is empty"),
    (5, at("x", put=1000), "x: 1000 is not the logarithm of a ratio of times"),
    (5, at("x", put=None), "x: expected float, got null"),
    (5, at("base", put=0), f"base: {WALL} 0"),
    (5, at("truth", put=1e9), "truth: 1e+09 is not the logarithm of a ratio of times"),
    (7, at("status", put="x"), f"status: 'x' is not one of {', '.join(record.STATUSES)}"),
    (8, at("seconds", put=-9), "seconds: must be not below 0, is -9"),
]


@pytest.mark.parametrize(("number", "change", "says"), COMPARISON, ids=_named)
def test_a_damaged_comparison_names_its_line(
    number: int, change: Callable[[Any], None], says: str | None, tmp_path: Path
):
    path = a_comparison(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines[number])
    if says == "kind: a rule":  # the line with the rule is gone
        del lines[number]
        number, says = 4, "kind: an x before the rule that judges it"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ValueError) as problem:
        comparisons.load(path)
    cell = f": {lines[number]['cell']}" if "cell" in lines[number] else ""
    says = says or f"verdict: 'FINE' is not one of , skipped, {', '.join(compared.VERDICTS)}"
    assert str(problem.value) == f"{path} is damaged: line {number + 1}{cell}: {says}: delete it and start again"


def test_a_whole_comparison_reads_and_a_damaged_one_breaks_no_report(
    whole: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = a_comparison(tmp_path / "results")
    found = verdicts.fold(comparisons.load(path))
    assert found.rows[0].verdict == "ERROR" and found.exit_code == 3
    report = tmp_path / "results" / "report" / "index.html"
    (tmp_path / "x.jsonl.gz").write_bytes(packed(*whole))
    words = ["report", str(tmp_path / "x.jsonl.gz"), "--results", str(tmp_path / "results")]
    assert cli.main(words) == 0 and "What changed" in report.read_text(encoding="utf-8")
    path.write_text(path.read_text().replace('"verdict": ""', '"verdict": 1'))
    assert cli.main(words) == 0 and "What changed" not in report.read_text(encoding="utf-8")
    assert verdicts.since(tmp_path / "results", found) == []
    assert "Traceback" not in capsys.readouterr().err


# -- the project's records of its own experiments ----------------------------------------------------------------------


def test_a_damaged_calibration_names_its_line(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    source = next(calibrate.EVIDENCE.glob("*.jsonl"))
    good = json.loads(source.read_text(encoding="utf-8").splitlines()[0])
    cell = next(iter(good["rows"]))
    for change, says in (
        (at("kind", put="x"), "kind: 'x' is not one of "),
        (without("detector"), "detector: expected int, got null"),
        (at("detector", put="1"), "detector: expected int, got str"),
        (without("rows", cell, "xs"), "rows[...].xs: is missing"),
        (at("rows", cell, "epochs", put=-1), f"rows.{cell}.epochs: must be not below 0, is -1"),
        (at("rows", cell, "verdict", put="x"), f"rows.{cell}.verdict: 'x' is not one of SLOWER"),
        (at("rows", cell, "truth", put=None), f"rows.{cell}.truth: None is not the logarithm of a ratio of times"),
        (at("rows", "x", put=good["rows"][cell]), "rows: 'x' is not a cell"),
        (at("rows", put={}), f"rows: contains no cell but {calibrate.WORKERS}"),
        (at("note", put="x"), "note: is not a field that this version knows"),
    ):
        line = copy.deepcopy(good)
        change(line)
        path.write_text(f"{json.dumps(good)}\n{json.dumps(line)}\n")
        with pytest.raises(ValueError) as problem:
            calibrate.load(path)
        assert str(problem.value).startswith(f"{path} is damaged: line 2: {says}"), problem.value
    path.write_text(json.dumps(good) + "\n[]\n")
    assert cli.main(["calibrate", "--table", "--record", str(path)]) == 2


def test_damaged_answers_of_the_peers_name_their_line(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    source = next((calibrate.EVIDENCE / "peers").glob("*.jsonl"))
    good = json.loads(source.read_text(encoding="utf-8").splitlines()[0])
    rule = next(iter(good["said"]))
    for change, says in (
        (at("tool", put="x"), "tool: 'x' is not one of asv continuous, pytest-benchmark, pyperf, this"),
        (at("kind", put="x"), "kind: 'x' is not one of same, +5 %, +10 %"),
        (at("said", rule, put={}), f"said.{rule}: is empty"),
        (at("said", rule, put={"x": ""}), f"said.{rule}: 'x' is not a cell"),
        (at("said", rule, put={CELL: "quick"}), f"said.{rule}.{CELL}: 'quick' is not one of slower, faster, "),
        (at("seconds", put="1"), "seconds: expected float, got str"),
    ):
        line = copy.deepcopy(good)
        change(line)
        path.write_text(f"{json.dumps(good)}\n{json.dumps(line)}\n")
        with pytest.raises(ValueError) as problem:
            tally.load(path)
        assert str(problem.value) == f"{path} is damaged: line 2: {says}"
    path.write_text(f"{json.dumps(good)}\n{json.dumps(good)[:40]}")
    assert tally.load(path) == [good], "a torn last line is dropped"


def test_a_damaged_spread_names_its_place(tmp_path: Path):
    path = tmp_path / "x.json"
    for content, says in (
        ("[]", "is not an object, but list"),
        ("{}", "no cell has two values in every way"),
        (f'{{"a": {{"{CELL}": [1]}}}}', "no cell has two values in every way"),
        (f'{{"a": {{"{CELL}": [1, 2]}}, "b": {{}}}}', "no cell has two values in every way"),
        (f'{{"a": {{"{CELL}": [1, null]}}}}', "[...][...][1]: expected float, got null"),
        (f'{{"a": {{"{CELL}": [1, 1e9]}}}}', f"a.{CELL}[1]: 1e+09 is not the logarithm of a ratio of times"),
        ('{"a": {"x": [1, 2]}}', "a: 'x' is not a cell"),
    ):
        path.write_text(content)
        with pytest.raises(ValueError) as problem:
            spread.load(path)
        assert str(problem.value) == f"{path} is damaged: {says}"
    path.write_text(f'{{"a": {{"{CELL}": [1, 1], "{CELL}@cold": [1, 2]}}, "b": {{"{CELL}": [1, 2]}}}}')
    assert "| a | 0.00 % | 0.00 % |" in spread.table(spread.load(path))


def test_every_record_of_the_experiments_that_is_kept_reads():
    for load, paths in (
        (calibrate.load, calibrate.EVIDENCE.glob("*.jsonl")),
        (tally.load, (calibrate.EVIDENCE / "peers").glob("*.jsonl")),
        (spread.load, (calibrate.EVIDENCE / "spread").glob("*.json")),
    ):
        found = [load(path) for path in paths]
        assert found and all(found)
