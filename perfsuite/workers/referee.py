"""Who knows the right answers: a process that computes the references and never imports a variant.

A worker hands over what a variant returned, and hears whether it is right. The expected values never enter a process
that variants run in, and a verdict is noted by the parent before the worker hears of it: what a variant replaces in
its own process changes neither. A reference is computed once, for all launches and thread counts.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfsuite.host import scratch
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue, mount
from perfsuite.proving import answer, gate
from perfsuite.workers.process import Process, Verdict

KEPT = 1 << 30  # bytes of references that are kept, about
SEED_BITS = 48
TRIES = 8  # contents that are drawn for each that is wanted, where some are alike


def drawn(secret: int, *what: object) -> int:
    """The seed of one content: the same for the same ``secret``, and not to be guessed without it."""
    text = " ".join(map(str, (secret, *what)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: SEED_BITS // 8], "big")


def seeds(component: str, case: str, secret: int, count: int) -> dict[str, Any]:
    """``{"seeds": ...}``, as :func:`distinct` finds them, or ``{"error": ...}``."""
    try:
        return {"seeds": distinct(component, case, secret, count)}
    except Exception as problem:
        return {"error": f"the inputs failed: {type(problem).__name__}: {problem}"}


def distinct(component: str, case: str, secret: int, count: int) -> list[int]:
    """``count`` seeds, drawn from ``secret``, whose contents all differ, as far as a case has so many contents."""
    found = catalogue.component(component)
    shape = next(one for one in found.cases if one.name == case)
    seeds: list[int] = []
    contents: list[gate.Content] = []
    spare: list[int] = []
    for at in range(TRIES * count):
        seed = drawn(secret, component, case, at)
        content = gate.content(found, shape, seed)
        if all(gate.differ(content.inputs, other.inputs) for other in contents):
            seeds.append(seed)
            contents.append(content)
        else:
            spare.append(seed)
        if len(seeds) == count:
            return seeds
    return (seeds + spare)[:count]


class Truths:
    """The references that were computed, the latest of them kept. Lives in the referee's process."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._known: dict[tuple[str, str, int], tuple[gate.Truth, int]] = {}

    def of(self, component: str, case: str, seed: int) -> gate.Truth:
        """The reference of one content."""
        key = (component, case, seed)
        if key not in self._known:
            found = catalogue.component(component)
            truth = gate.truth(found, next(one for one in found.cases if one.name == case), seed)
            self._known[key] = truth, gate.size((truth.inputs, truth.expected, truth.bound))
            while len(self._known) > 1 and sum(size for _, size in self._known.values()) > self._most:
                self._known.pop(next(iter(self._known)))
        return self._known[key][0]


def judged(question: Mapping[str, Any], truths: Truths) -> dict[str, Any]:
    """The verdict on an answer that a worker wrote down: ``match``, ``wrong`` or ``error``, and what is said."""
    try:
        truth = truths.of(question["component"], question["case"], question["seed"])
    except Exception as problem:
        return {"error": f"the reference failed: {type(problem).__name__}: {problem}"}
    try:
        parts = answer.read(Path(question["path"]))
    except Exception as problem:
        return {"error": f"what was written down as the answer cannot be read: {type(problem).__name__}"}
    try:
        return {"match": asdict(gate.compare(parts, truth, question["device"]))}
    except gate.Wrong as problem:
        return {"wrong": str(problem)}


def vouched(verdicts: Sequence[Verdict], cell: str, answer: dict[str, Any], least: int) -> dict[str, Any]:
    """A worker's ``answer`` on ``cell``; if that says ok, ``least`` verdicts must say so too, and none otherwise."""
    told = [verdict.wrong for verdict in verdicts if verdict.cell == cell]
    if answer["status"] != "ok":
        return answer
    if any(told):
        return {"status": "wrong", "reason": f"{next(filter(None, told))} (its worker says that it is right)"}
    if len(told) < least:
        return {
            "status": "error",
            "reason": f"{len(told)} answers were handed over to be judged, where {least} are due",
        }
    return answer


class Referee:
    """The parent's end of the referee's process. Starts it when it is first asked, and again when it died."""

    def __init__(self, timeout: float, secret: int | None = None) -> None:
        self.secret = secrets.randbits(SEED_BITS) if secret is None else secret
        self._timeout = timeout
        self._seeds: dict[tuple[str, str, int], list[int]] = {}
        self._scratch: scratch.Scratch | None = None
        self._process: Process | None = None

    def start(self) -> None:
        """Start the process, so that it is there when it is needed."""
        if self._process is None:
            self._scratch = self._scratch or scratch.Scratch()
            where = self._scratch.path / "mount"
            where.mkdir(exist_ok=True)
            mount.beside(where)
            self._process = Process(where, self._scratch.path, timeout=self._timeout)

    def judge(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """What :func:`judged` says in the referee's process."""
        self.start()
        assert self._process is not None
        try:
            told: dict[str, Any] = self._process.ask("judge", question=dict(question))
            return told
        except Fault as fault:
            self._process = None
            return {"error": f"the reference failed: {fault.reason}"}

    def seeds(self, component: str, case: str, count: int) -> list[int]:
        """The seeds of the contents that answers are judged on: see :func:`distinct`.

        Raises:
            Fault: they cannot be made.
        """
        key = (component, case, count)
        if key not in self._seeds:
            self.start()
            assert self._process is not None
            try:
                told = self._process.ask("seeds", arguments=[component, case, self.secret, count])
            except Fault:
                self._process = None
                raise
            if "error" in told:
                raise Fault("error", told["error"], "")
            self._seeds[key] = told["seeds"]
        return self._seeds[key]

    def close(self) -> None:
        """Stop the process and remove what was only for it."""
        if self._process is not None:
            self._process.close()
            self._process = None
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None
