"""Where shards run: one after the other on this machine, or as jobs of Slurm, each on a node of its own.

Whether a job has measured its shard is known from its record file only. An engine only tells which jobs still run.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil

KEY = re.compile(r"[a-z][a-z_-]*")
SAME = 5.0  # seconds by which two processes may see the start of a third differently, as the clock is set
SLACK, MINUTES = 4, 15  # a job may take this many times longer than predicted, and these minutes more
QUEUE = ("squeue", "--noheader", "--states=all", "--format=%A %T", "--jobs")
GONE = re.compile(r"invalid job id", re.IGNORECASE)  # of a single job that Slurm has forgotten
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"}
OVER |= {"REVOKED", "TIMEOUT"}


class Engine(Protocol):
    """Something that runs jobs."""

    width: int  # jobs that may run or wait at once; 0: any number
    poll: float  # seconds between two looks
    grace: float  # seconds from the end of a job until its files are surely seen here

    def submit(self, words: Sequence[str], folder: Path, seconds: float) -> str:
        """Start a job that writes its output below ``folder`` and is predicted to take ``seconds``; its id."""

    def running(self, jobs: Iterable[str]) -> set[str]:
        """Those of ``jobs`` that run or wait."""

    def cancel(self, jobs: Iterable[str]) -> None:
        """End ``jobs``."""


class Local:
    """One job at a time on this machine, so that none disturbs another."""

    width, poll, grace = 1, 0.2, 0.0

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, words: Sequence[str], folder: Path, seconds: float) -> str:
        """Start a process."""
        with (folder / "output").open("wb") as output:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        job = f"{child.pid}@{psutil.Process(child.pid).create_time():.2f}"  # an id may be used again
        self._children[job] = child
        return job

    def running(self, jobs: Iterable[str]) -> set[str]:
        """Those whose process is there, also if another engine started it."""
        return {job for job in jobs if self._runs(job)}

    def _runs(self, job: str) -> bool:
        if job in self._children:
            return self._children[job].poll() is None
        number, _, began = job.partition("@")
        try:
            found = psutil.Process(int(number))
            same = abs(found.create_time() - float(began)) < SAME
            return same and found.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, ValueError):
            return False

    def cancel(self, jobs: Iterable[str]) -> None:
        """Interrupt the processes, so that they end their workers, and wait for them."""
        for job in self.running(jobs):
            process = psutil.Process(int(job.partition("@")[0]))
            process.terminate()
            psutil.wait_procs([process], timeout=30)


class Slurm:
    """Jobs of Slurm, submitted by submitit, each alone on its node."""

    width, poll, grace = 0, 5.0, 10.0

    def __init__(self, given: Mapping[str, str]) -> None:
        """``given``: options of sbatch, such as ``partition``, ``constraint`` and ``time``.

        Raises:
            ValueError: submitit or Slurm is not installed.
        """
        try:
            from submitit import SlurmExecutor
        except ImportError:
            raise ValueError("--engine slurm needs submitit: pip install 'torch-perf-suite[cluster]'") from None
        if SlurmExecutor.affinity() < 0:
            raise ValueError("--engine slurm needs Slurm's commands, and srun is not here: run it on a login node")
        self._executor: Any = SlurmExecutor
        self._given = dict(given)

    def submit(self, words: Sequence[str], folder: Path, seconds: float) -> str:
        """Submit a job that has a node for itself, with all its cores.

        Raises:
            ValueError: Slurm does not take it.
        """
        from submitit.core.utils import FailedJobError

        executor = self._executor(folder=folder, max_num_timeout=0)
        limit = str(MINUTES + math.ceil(SLACK * seconds / 60))
        options = {"exclusive": True, "time": limit, "job-name": "perfsuite", **self._given}
        executor.update_parameters(additional_parameters=options, srun_args=["--cpu-bind=none"])
        try:
            return str(executor.submit(subprocess.run, list(words), check=False).job_id)
        except FailedJobError as problem:
            said = (str(problem).strip().splitlines() or ["no reason given"])[-1]
            asked = " ".join(f"{name}={value}" for name, value in self._given.items()) or "no options"
            raise ValueError(f"Slurm does not take the job ({asked}): {said}; change --slurm, then --resume") from None

    def running(self, jobs: Iterable[str]) -> set[str]:
        """Those that Slurm has not ended. One that it does not answer for counts as running."""
        if not (asked := set(jobs)):
            return set()
        command = [*QUEUE, ",".join(sorted(asked))]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        if done.returncode:
            return set() if GONE.search(done.stderr) else asked
        states = [line.split() for line in done.stdout.splitlines()]
        return {job for job, state in states if job in asked and state not in OVER}

    def cancel(self, jobs: Iterable[str]) -> None:
        """Cancel the jobs."""
        if ids := list(jobs):
            subprocess.run(["scancel", *ids], check=False)


def slurm_options(texts: Sequence[str]) -> dict[str, str]:
    """The options of sbatch from texts like ``partition=gpu``.

    Raises:
        ValueError: a text is none.
    """
    found = {}
    for text in texts:
        name, equal, value = text.partition("=")
        if not (equal and value and KEY.fullmatch(name) and value.isprintable()):
            raise ValueError(f"--slurm {text!r} is not an option of sbatch: write key=value, such as partition=gpu")
        found[name.replace("_", "-")] = value
    return found


ENGINES = ("local", "slurm")


def engine(name: str, slurm: Sequence[str]) -> Engine:
    """The engine called ``name``.

    Raises:
        ValueError: it cannot be used here, or an option is none of its.
    """
    if name == "local":
        if slurm:
            raise ValueError(f"--slurm {slurm[0]} is for --engine slurm only")
        return Local()
    return Slurm(slurm_options(slurm))
