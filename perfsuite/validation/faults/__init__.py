"""The cost of a fault, tested for real: misbehaving variants, killed parents and full disks, beside honest neighbours.

Each scenario (``Play``) runs ``python -m benchmarks`` on a copy of the project with a few additional families from
``misbehaviour``, in its own temporary folder, and checks the messages of the run and what was left behind.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence

from perfsuite.host import scratch
from perfsuite.model.printable import cut, visible
from perfsuite.validation.faults.ended import MOMENTS, ended, torn
from perfsuite.validation.faults.environment import COMPILED, alone, no_compiler, odd_folder, set_back, two_runs
from perfsuite.validation.faults.ground import Ground, Play, Row
from perfsuite.validation.faults.mounts import full_results, full_temporary, mounting, read_only, small_shared_memory
from perfsuite.validation.faults.variants import variants

NO_SPACES = "not run: this process may not mount its own file systems (unshare, mount)"
PLAYS: Sequence[tuple[Play, bool]] = (  # (play, whether it mounts)
    (variants, False),
    *((ended(signal.SIGKILL, moment), False) for moment in MOMENTS),
    (ended(signal.SIGTERM, "check"), False),
    (ended(signal.SIGHUP, "time"), False),
    (ended(signal.SIGINT, "time"), False),
    (torn, False),
    (
        alone(
            "TORCHDYNAMO_DISABLE=1", "nothing was compiled: TORCHDYNAMO_DISABLE=1 is set", COMPILED, "error",
            TORCHDYNAMO_DISABLE="1",
        ),
        False,
    ),
    (no_compiler, False),
    (odd_folder, False),
    (set_back, False),
    (two_runs, False),
    (read_only, True),
    (full_results("8k", "it runs"), True),
    (full_results("24k", "the record is written"), True),
    (full_temporary, True),
    (small_shared_memory, True),
)  # fmt: skip


def play(plays: Sequence[tuple[Play, bool]] = PLAYS, say: Callable[[str], None] = lambda text: None) -> list[Row]:
    """Run all fault scenarios one after the other, and pass each row to ``say`` when it is known."""
    rows = []
    with scratch.Scratch() as folder:
        ground = Ground(folder)
        may = mounting()
        for one, mounts in plays:
            if mounts and not may:
                rows.append(Row(one.__qualname__.split(".")[0].replace("_", " "), NO_SPACES, played=False))
                continue
            ground.clear()
            for row in one(ground):
                say(f"{'ok ' if row.well else 'BAD'} {visible(row.fault)}: {visible(row.told)}")
                rows.append(row)
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| fault | message | results lost | left behind | neighbours |",
        "|---|---|---:|---:|---|",
    ]
    return "\n".join([*lines, *map(line, rows)]) + "\n"


def line(row: Row) -> str:
    """A row of the table: the fault and how it ends are the same on every machine."""
    told = cut(visible(row.told), 200).replace("|", "\\|")
    return f"| {row.fault} | {told} | {row.lost} | {row.left} | {row.neighbours} |"
