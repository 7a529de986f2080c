"""Faults that end the parent process, after which the run is resumed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping

from perfsuite.records import journal
from perfsuite.validation.faults.ground import FEW, Ground, Play, Row, launches, neighbours, wait

MOMENTS: Mapping[str, tuple[str, Callable[[str], bool]]] = {  # pass -> (command, whether it is under way)
    "check": ("run", lambda text: '"kind": "check"' in text),
    "time": ("run", lambda text: '"kind": "launch"' in text),
    "trace": ("profile", lambda text: text.count('"kind": "launch"') >= 4),
}


def ended(how: signal.Signals, moment: str) -> Play:
    """The parent gets a signal during a pass; then the run is resumed."""

    def play(ground: Ground) -> Iterator[Row]:
        command, under_way = MOMENTS[moment]
        process = ground.start(command, "-k", FEW, "--no-report", *(["--launches", "3"] if command == "run" else []))
        path = wait(ground, under_way)
        time.sleep(1.0 if moment == "trace" else 0.0)
        process.send_signal(how)
        _, said = process.communicate(timeout=120)
        kept = launches(path.read_text(encoding="utf-8"))
        partial = how == signal.SIGKILL or ground.records().partial
        asked = 130 if how != signal.SIGKILL else -how
        done = ground.run("run", "--resume", "--no-report")
        run = ground.records()
        after = {(one.cell, launch.launch): list(launch.wall) for one in run.records for launch in one.launches}
        lost = sum(after.get(key) != wall for key, wall in kept.items()) + (4 - len(run.records))
        fits = process.returncode == asked and partial and done.code == 0 and not run.partial
        told = f"exit code {process.returncode}; resumed: exit code {done.code}, {len(run.records)} of 4 cells"
        fits = fits and "Traceback" not in said + done.err
        yield Row(f"{how.name} to the parent, pass {moment}", told, lost, ground.left(), neighbours(run.records), fits)

    return play


def torn(ground: Ground) -> Iterator[Row]:
    """A journal that is cut at any byte of its last line."""
    process = ground.start("run", "-k", FEW, "--no-report", "--launches", "2")
    path = wait(ground, MOMENTS["time"][1])
    process.kill()
    process.communicate()
    data = path.read_bytes()
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    bad = 0
    for stop in range(start, len(data) + 1):
        path.write_bytes(data[:stop])
        whole = data[:stop].count(b"\n")
        bad += len(launches(data[:start].decode())) > len(journal.load(path).launches) or whole < 1
    done = ground.run("run", "--resume", "--no-report")
    run = ground.records()
    told = f"read at each length; resumed: exit code {done.code}"
    yield Row("A journal cut at every byte of its last line", told, bad, ground.left(), neighbours(run.records))
