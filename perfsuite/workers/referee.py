"""The referee: a process that computes the references and never imports a variant.

A worker hands over the result of a variant and gets a verdict. The expected values never enter a process that variants
run in, and the parent records a verdict before the worker gets it, so nothing that a variant replaces in its own
process can affect either. A reference is computed once, for all launches and thread counts. One that is derived from
the first variant of a component makes an exception: this process then imports its package.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfsuite.host import scratch
from perfsuite.measuring import executors
from perfsuite.model import nested
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue, mount
from perfsuite.project.declarations import by_decorator, declarations
from perfsuite.project.packages import FIRST
from perfsuite.proving import answer, gate
from perfsuite.workers.contents import SEED_BITS, Truths, distinct
from perfsuite.workers.process import Process, Verdict


def seeds(component: str, case: str, secret: int, count: int, truths: Truths | None = None) -> dict[str, Any]:
    """``{"seeds": ...}`` from :func:`distinct`, or ``{"error": ...}``."""
    try:
        return {"seeds": distinct(component, case, secret, count, truths)}
    except Exception as problem:
        return {"error": f"{_of('inputs', component)} failed: {type(problem).__name__}: {problem}"}


def size(component: str, case: str) -> int:
    """The bytes of the inputs of a case, found out without making them; 0 where that cannot be."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    found = catalogue.component(component)
    shape = next(one for one in found.cases if one.name == case)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            inputs = found.inputs(shape, torch.Generator())
        leaves = [leaf for leaf in nested.leaves(inputs) if isinstance(leaf, torch.Tensor)]
        return sum(leaf.numel() * leaf.element_size() for leaf in leaves)
    except Exception:
        return 0


def _of(what: str, component: str) -> str:
    """How people are told of a part of a component: with its file, where it may be a user's own."""
    own = component in declarations() and catalogue.component(component).derive
    return f"the {what} of {catalogue.declared_in(component)}" if own else f"the {what}"


def judged(question: Mapping[str, Any], truths: Truths) -> dict[str, Any]:
    """The verdict on a result that a worker wrote to a file: ``match``, ``wrong`` or ``error``, with details.

    A question for the ``state`` of modules has a path to write it to, and is answered with it.
    """
    if "state" in question:
        return _state(question)
    coarse = executors.coarse(Cell.parse(question["cell"]).executor)
    try:
        held = answer.read(Path(question["path"]))
        where = (question["component"], question["case"], question["seed"], question["device"], coarse)
        same = hashlib.sha256(repr(where).encode())
        same.update(held)
        if told := truths.verdicts.get(same.hexdigest()):
            return told
        parts = answer.parts(held)
    except Exception as problem:
        return {"error": f"the file with the result cannot be read: {type(problem).__name__}"}
    try:
        truth = truths.of(question["component"], question["case"], question["seed"])
    except Exception as problem:
        return {"error": f"{_of('reference', question['component'])} failed: {type(problem).__name__}: {problem}"}
    try:
        told = {"match": asdict(gate.compare(parts, truth, question["device"], coarse))}
    except gate.Wrong as problem:
        told = {"wrong": str(problem)}
    truths.verdicts[same.hexdigest()] = told
    return told


def _state(question: Mapping[str, Any]) -> dict[str, Any]:
    """Write the weights that all modules of a case are given."""
    import torch

    component = catalogue.component(question["component"])
    try:
        assert component.state is not None
        state = component.state(next(one for one in component.cases if one.name == question["case"]))
    except Exception as problem:
        return {"error": f"the first variant cannot be made: {type(problem).__name__}: {problem}"}
    torch.save(dict(state), question["path"])
    return {"path": question["path"]}


def work(component: str, case: str, seed: int, truths: Truths) -> dict[str, Any]:
    """What a component that does not declare it computes and moves: ``flops``, ``bytes`` and its ``dtype``."""
    truth = truths.of(component, case, seed)
    derived, count = truth.derived, truth.component.count
    assert derived is not None and count is not None
    floating = [one for one in derived.dtypes if "float" in one]
    return {
        "flops": count(truth.case, truth.inputs),
        "bytes": derived.bytes,
        "dtype": (floating or list(derived.dtypes))[0],
    }


def vouched(verdicts: Sequence[Verdict], cell: str, answer: dict[str, Any], least: int) -> dict[str, Any]:
    """A worker's ``answer`` for ``cell``; an "ok" needs at least ``least`` verdicts, all of them "right"."""
    told = [verdict.wrong for verdict in verdicts if verdict.cell == cell]
    if answer["status"] != "ok":
        return answer
    if any(told):
        return {"status": "wrong", "reason": f"{next(filter(None, told))} (its worker reported it as right)"}
    if len(told) < least:
        return {
            "status": "error",
            "reason": f"{len(told)} results were handed over to be judged, but {least} were expected",
        }
    return answer


class Referee:
    """The parent's side of the referee's process. Starts it on the first request, and again if it died."""

    def __init__(self, timeout: float, secret: int | None = None) -> None:
        self.secret = secrets.randbits(SEED_BITS) if secret is None else secret
        self._timeout = timeout
        self._sizes: dict[tuple[str, str], int] = {}
        self._seeds: dict[tuple[str, str, int], list[int]] = {}
        self._scratch: scratch.Scratch | None = None
        self._process: Process | None = None

    def start(self) -> None:
        """Start the process ahead of time, so that it is ready when needed."""
        if self._process is None:
            self._scratch = self._scratch or scratch.Scratch()
            where = self._scratch.path / "mount"
            if by_decorator():  # the reference may be a function of a package
                mount.lay(FIRST, where, "")
            mount.beside(where)
            self._process = Process(where, self._scratch.path, timeout=self._timeout)

    def judge(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The result of :func:`judged` in the referee's process."""
        self.start()
        assert self._process is not None
        try:
            told: dict[str, Any] = self._process.ask("judge", question=dict(question))
            return told
        except Fault as fault:
            self._process = None
            return {"error": f"the reference failed: {fault.reason}"}

    def seeds(self, component: str, case: str, count: int) -> list[int]:
        """The seeds of the inputs that results are judged on, from :func:`distinct`.

        Raises:
            Fault: the inputs cannot be created.
        """
        key = (component, case, count)
        if key not in self._seeds:
            self.start()
            assert self._process is not None
            asked = [component, case, self.secret, count]
            try:
                told = self._process.ask("seeds", arguments=asked, results=True)
            except Fault:  # perhaps its reference: that is told when a result is judged
                self._process = None
                told = self._inputs(asked)
            if "error" in told:
                raise Fault("error", told["error"], "")
            self._seeds[key] = told["seeds"]
        return self._seeds[key]

    def _inputs(self, asked: list[Any]) -> dict[str, Any]:
        """Seeds that are chosen without any reference."""
        self.start()
        assert self._process is not None
        try:
            told: dict[str, Any] = self._process.ask("seeds", arguments=asked, results=False)
            return told
        except Fault:
            self._process = None
            raise

    def known(self) -> dict[str, Any]:
        """The seeds and verdicts that it has found so far, for another one with the same secret: JSON types."""
        seeds = [[*key, seeds] for key, seeds in self._seeds.items()]
        try:
            return {"seeds": seeds, "verdicts": self._process.ask("known") if self._process else {}}
        except Fault:
            self._process = None
            return {"seeds": seeds, "verdicts": {}}

    def learn(self, known: Mapping[str, Any]) -> None:
        """Take over what another one has found, from :meth:`known`."""
        self._seeds |= {(component, case, count): seeds for component, case, count, seeds in known["seeds"]}
        self.start()
        assert self._process is not None
        try:
            self._process.ask("learn", verdicts=known["verdicts"])
        except Fault:  # it only takes longer
            self._process = None

    def size(self, component: str, case: str) -> int:
        """The result of :func:`size` in the referee's process; 0 where it failed."""
        key = component, case
        if key not in self._sizes:
            self.start()
            assert self._process is not None
            try:
                self._sizes[key] = int(self._process.ask("size", arguments=[component, case]))
            except Fault:
                self._process, self._sizes[key] = None, 0
        return self._sizes[key]

    def work(self, component: str, case: str, seed: int) -> dict[str, Any]:
        """The result of :func:`work` in the referee's process.

        Raises:
            Fault: it failed.
        """
        self.start()
        assert self._process is not None
        try:
            told: dict[str, Any] = self._process.ask("work", arguments=[component, case, seed])
            return told
        except Fault:
            self._process = None
            raise

    def close(self) -> None:
        """Stop the process and remove its temporary files."""
        if self._process is not None:
            self._process.close()
            self._process = None
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None
