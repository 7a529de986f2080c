"""Run all shards of a run until each has a whole record; a shard whose job was lost is submitted again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from perfsuite.sharding.engines import Engine
from perfsuite.sharding.folder import Folder

TRIES = 3  # jobs of a shard, before it is given up


def spread(folder: Folder, engine: Engine, say: Callable[[str], None], tries: int = TRIES) -> list[Path]:
    """The records of all shards, in order. A shard with a whole record is not run; nor is one whose job still runs.

    Ctrl-C ends the jobs. What has been measured stays in ``folder``, and a later call goes on with it.

    Raises:
        ValueError: a shard was lost ``tries`` times; the others have been measured.
    """
    numbers = range(1, folder.count + 1)
    records = {at: path for at in numbers if (path := folder.whole(at))}
    for at in records:
        say(f"shard {at} of {folder.count} was measured before")
    jobs = {at: known[-1] for at in numbers if at not in records and (known := folder.jobs(at))}
    used = dict.fromkeys(numbers, 0)
    ended: dict[int, float] = {}  # when the job of a shard was first seen to have ended
    given_up: dict[int, str] = {}
    try:
        while waiting := [at for at in numbers if at not in records and at not in given_up]:
            running = engine.running([jobs[at] for at in waiting if at in jobs])
            room = engine.width - len(running) if engine.width else len(waiting)
            for at in waiting:
                if at in jobs and jobs[at] in running:
                    continue
                if path := folder.whole(at):
                    records[at] = path
                    say(f"shard {at} of {folder.count} is measured, {folder.count - len(records)} to go")
                    continue
                if at in jobs:
                    if time.monotonic() - ended.setdefault(at, time.monotonic()) < engine.grace:
                        continue
                    say(f"shard {at} of {folder.count} was lost with job {jobs[at]}: {folder.said(at)}")
                    del jobs[at], ended[at]
                    if used[at] >= tries:
                        given_up[at] = folder.said(at)
                        continue
                if room > 0:
                    room -= 1
                    used[at] += 1
                    jobs[at] = _submitted(folder, engine, at)
                    say(f"shard {at} of {folder.count} is submitted, as job {jobs[at]}")
            time.sleep(engine.poll)
    except BaseException:
        engine.cancel(job for at, job in jobs.items() if at not in records)
        raise
    if given_up:
        at, said = next(iter(given_up.items()))
        others = f", and so were {len(given_up) - 1} other shards" if len(given_up) > 1 else ""
        raise ValueError(
            f"shard {at} of {folder.count} was lost {tries} times{others} ({said}); the {len(records)} others are kept "
            f"in {folder.path}: try again with --resume {folder.path.name}"
        )
    return [records[at] for at in numbers]


def _submitted(folder: Folder, engine: Engine, number: int) -> str:
    attempt = folder.attempt(number)
    words = ["--shards", str(folder.count), "--shard", str(number), "--results", str(attempt)]
    job = engine.submit([*folder.words, *words], attempt, folder.seconds[number - 1])
    folder.started(number, attempt, job)
    return job
