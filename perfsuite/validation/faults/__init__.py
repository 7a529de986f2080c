"""What a fault costs, played for real: variants that misbehave, killed parents, full disks, beside honest neighbours.

Each play runs ``python -m benchmarks`` on a copy of the project with a few families more, from ``misbehaviour``, in a
temporary folder of its own, and looks at what the run said and at what was left behind.
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

NO_SPACES = "not played: this process may not make a file system of its own (unshare, mount)"
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
    """Play all faults, one after the other, and say each row when it is known."""
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
        "| fault | what is told | results lost | left behind | neighbours |",
        "|---|---|---:|---:|---|",
    ]
    return "\n".join([*lines, *map(line, rows)]) + "\n"


def line(row: Row) -> str:
    """A row of the table: its first two words, the fault and how it ends, are the same on every machine."""
    told = cut(visible(row.told), 200).replace("|", "\\|")
    return f"| {row.fault} | {told} | {row.lost} | {row.left} | {row.neighbours} |"
