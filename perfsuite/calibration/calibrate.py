"""Measure how often the detector is wrong, by whole comparisons whose correct verdict is known.

A session is one comparison at default settings. Its truth is known because both trees are the same, or differ only by
edits that do nothing, or because a slowdown is injected into HEAD by the number of its calls (see ``pairing.pair``).
Every run adds sessions to one record file; the printed tables are counted from that file.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from perfsuite.calibration import edits
from perfsuite.host import machine, scratch
from perfsuite.judging import opening, session
from perfsuite.judging.record import VERDICTS, Comparison, Options
from perfsuite.model.printable import one_line
from perfsuite.project import catalogue
from perfsuite.records import reading, sound
from perfsuite.running.progress import Progress

EVIDENCE = catalogue.ROOT / catalogue.PROJECT.evidence / "compare"
DETECTOR = 1  # raise it when randomisation, batches, X, test or budget change: older sessions are then not counted
WORKERS = "dataload.dirichlet/workers_2/eager/cpu/100-b4/1"  # waits for its own processes
LARGE = "matmul.ladder/mm/eager/cpu/1024/1"
CELLS = (
    "noise.elementwise/chain/eager/cpu/1000/1",
    "noise.elementwise/chain/eager/cpu/1000000/1",
    "matmul.ladder/mm/eager/cpu/64/1",
    LARGE,
    "smallops.row_sum/list_columns/eager/cpu/50x10/1",
    "noise.softmax/softmax/eager/cpu/16x100/1",
    "noise.train_step/autograd/eager/cpu/64x784x10/1",
    "noise.copying/clone/eager/cpu/10000/1",
    "noise.save_load/in_memory/eager/cpu/100000/1",
    WORKERS,
)


@dataclass(frozen=True)
class Kind:
    """One kind of session."""

    name: str
    what: str
    scale: float = 0.0  # the slowdown that is injected into every cell
    edited: bool = False  # whether HEAD's text differs but not its work
    load: str = ""  # CPU load: "one core", "all cores", "square wave"


KINDS = (
    Kind("same", "the same tree twice"),
    Kind("no-op", "edits that do nothing", edited=True),
    Kind("+10 %", "every cell 10 % slower", scale=0.10),
    Kind("+5 %", "every cell 5 % slower", scale=0.05),
    Kind("+3 %", "every cell 3 % slower", scale=0.03),
    Kind("+2 %", "every cell 2 % slower", scale=0.02),
    Kind("+1 %", "every cell 1 % slower", scale=0.01),
    Kind("same, one core busy", "the same tree twice, CPU load on one core", load="one core"),
    Kind("same, all cores busy", "the same tree twice, CPU load on every core", load="all cores"),
    Kind(
        "same, square wave", "the same tree twice, CPU load that comes and goes four times a second", load="square wave"
    ),
)
USUAL = ("same", "+10 %", "+5 %", "+3 %", "no-op")


def kind(name: str) -> Kind:
    """The kind called ``name``.

    Raises:
        ValueError: there is none.
    """
    for one in KINDS:
        if one.name == name:
            return one
    raise ValueError(f"no kind of session {name!r}: there are {', '.join(repr(one.name) for one in KINDS)}")


def run(one: Kind, cells: Sequence[str] = CELLS, tree: Path = catalogue.IMPLS, seed: str = "") -> dict[str, Any]:
    """Run one session, a whole comparison, and return the line to record.

    ``seed`` determines the edits, if there are any; all other choices are made anew, because the error rates rely on
    chance. Without a seed the edits are drawn at random too.

    Raises:
        KeyboardInterrupt: it was interrupted; there is nothing to record.
    """
    with scratch.Scratch() as folder, _load(one.load):
        head = folder / "head" / "impls"
        shutil.copytree(tree, head, ignore=shutil.ignore_patterns("__pycache__"))
        done = edits.no_op(head, random.Random(seed or secrets.randbits(48))) if one.edited else []
        options = Options(
            cells=(),
            selection=" or ".join(cells),
            command=f"{catalogue.PROJECT.command} calibrate",
            scales=dict.fromkeys(cells, one.scale) if one.scale else {},
            equal=True,
        )
        journal = opening.start(options, folder, str(tree), str(head))
        found = session.measure(journal, Progress())
    if found.partial:
        raise KeyboardInterrupt
    return line(one, found, done)


def line(one: Kind, found: Comparison, edits: Sequence[str] = ()) -> dict[str, Any]:
    """The line to record for a session."""
    rows = {
        row.cell: {
            "verdict": row.verdict,
            **{name: _short(getattr(row, name)) for name in ("ratio", "low", "high", "visible", "spread", "truth")},
            "epochs": row.epochs,
            "seconds": round(row.seconds, 2),
            "xs": [_short(x) for x in row.xs],
            **({"reason": row.reason} if row.reason else {}),
        }
        for row in found.rows
    }
    return {
        "kind": one.name,
        "detector": DETECTOR,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(found.seconds, 1),
        "epochs": found.epochs,
        "control": {side: round(value, 2) for side, value in found.control.items()},
        "edits": list(edits),
        "rows": rows,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


@contextlib.contextmanager
def _load(load: str) -> Iterator[None]:
    """Run CPU load during the block."""
    loads = {"": 0, "one core": 1, "all cores": os.cpu_count() or 1, "square wave": 1}[load]
    rest = "time.sleep(.125)" if load == "square wave" else "pass"
    busy = "end = time.monotonic() + .125\n    while time.monotonic() < end: pass"
    script = f"import time\nwhile True:\n    {busy}\n    {rest}"
    running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(loads)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def record(folder: Path = EVIDENCE) -> Path:
    """The file that sessions on this kind of machine are added to."""
    return folder / f"{machine.machine_class(machine.machine())}.jsonl"


def add(path: Path, found: Mapping[str, Any]) -> None:
    """Add one session to the record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not (content := path.read_bytes()).endswith(b"\n"):  # killed while writing
        path.write_bytes(content[: content.rfind(b"\n") + 1])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found, separators=(",", ":")) + "\n")


class _Row(TypedDict):
    verdict: str
    ratio: float | None
    low: float | None
    high: float | None
    visible: float | None
    spread: float | None
    truth: float | None
    epochs: int
    seconds: float
    xs: tuple[float, ...]
    reason: NotRequired[str]


class Origin(TypedDict):
    """Where a session comes from that is one of many, which were shared out to several machines."""

    session: int  # its number, 1 to ``sessions``
    sessions: int  # of all machines
    shard: int  # 1 to ``shards``
    shards: int
    seed: int
    kinds: tuple[str, ...]  # asked for
    commit: str  # "" outside a repository
    tree: str  # hash of the files
    machine_class: str
    node: str  # name of the machine


class _Session(TypedDict):
    kind: str
    detector: int
    when: str
    seconds: float
    epochs: int
    control: dict[str, float]
    edits: tuple[str, ...]
    rows: dict[str, _Row]
    origin: NotRequired[Origin]


class _Detector(TypedDict):
    detector: int


def load(path: Path) -> list[dict[str, Any]]:
    """All sessions of a record that this detector made, validated; a truncated last line is dropped.

    Raises:
        FileNotFoundError: there are none.
        ValueError: the record is damaged.
    """
    missing = f"no sessions in {path}: run `{catalogue.PROJECT.command} calibrate` first"
    return reading.entries(path, missing, _of_this_detector)


def _of_this_detector(found: dict[str, Any]) -> bool:
    """Whether a session was made by this detector; if so, it is validated."""
    reading.value({"detector": found.get("detector")}, _Detector)
    if found["detector"] != DETECTOR:
        return False
    _check(reading.value(found, _Session))
    return True


def _check(found: _Session) -> None:
    """Check what the types of a session do not express."""
    sound.one_of([one.name for one in KINDS], found["kind"], "kind")
    sound.at_least(0, found["seconds"], "seconds")
    if origin := found.get("origin"):
        sound.named(origin["machine_class"], "origin.machine_class")
        for at, asked in enumerate(origin["kinds"] or ("",)):
            sound.one_of([one.name for one in KINDS], asked, f"origin.kinds[{at}]")
        session, shard = (origin["session"], origin["sessions"]), (origin["shard"], origin["shards"])
        for name, (number, most) in (("session", session), ("shard", shard)):
            if not 1 <= number <= most:
                raise ValueError(f"origin.{name}: must be 1 to {most}, is {number}")
    if not found["rows"].keys() - {WORKERS}:
        raise ValueError(f"rows: contains no cell but {WORKERS}")
    for cell, row in found["rows"].items():
        where = f"rows.{reading.told(cell)}"
        sound.cell(cell, "rows")
        sound.one_of(VERDICTS, row["verdict"], f"{where}.verdict")
        for name, value in (("epochs", row["epochs"]), ("seconds", row["seconds"]), ("spread", row["spread"] or 0.0)):
            sound.at_least(0, value, f"{where}.{name}")
        bounded = row["low"] is not None and row["high"] is not None
        if bounded and (row["truth"] is None or abs(row["truth"]) > sound.LOG):
            raise ValueError(f"{where}.truth: {row['truth']} is not the logarithm of a ratio of times")


def rarest(kinds: Sequence[str], known: Counter[str]) -> str:
    """The one of ``kinds`` that is next, where there are ``known`` sessions: five of the same tree for each other."""
    return min(kinds, key=lambda name: known[name] / (5 if name == "same" else 1))


def sitting(path: Path, kinds: Sequence[str], minutes: float, sessions: int) -> int:
    """Add sessions until the time or their number is reached, rarest kind first; returns how many were added."""
    end = time.monotonic() + 60 * minutes
    added = 0
    while added < sessions and time.monotonic() < end:
        known = Counter(item["kind"] for item in load(path)) if path.exists() else Counter()
        found = run(kind(rarest(kinds, known)))
        add(path, found)
        added += 1
        say(f"session {known.total() + 1}", found)
    return added


def say(which: str, found: Mapping[str, Any]) -> None:
    """Tell the result of a session."""
    verdicts = [row["verdict"] for row in found["rows"].values()]
    told = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    took = f"{found['seconds']:.0f} s"
    print(one_line(f"{which}: {found['kind']}: {told}; {took}"), file=sys.stderr, flush=True)
