"""The journal of a run on disk: one JSON line per step, so that a killed run loses only the step that was running.

The record file is a pure function of the journal, so an interrupted run and a resumed one give the same kind of file.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfsuite.model.record import (
    CompilerStart,
    Fact,
    Launch,
    Parts,
    Roof,
    ShapeCall,
    launch_from,
    parts_from,
)
from perfsuite.records import jsonl, lines
from perfsuite.records.options import Options

DIFFERENT = 2.0  # a cell is disturbed if its best launch beside rivals takes more than this multiple of its time alone


@dataclass
class Found:
    """The combined content of the journal's lines."""

    head: dict[str, Any]
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    launches: dict[tuple[int, str], Launch] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)  # cell -> (status, reason), after the check
    contended: dict[str, int] = field(default_factory=dict)  # cell -> launches in which the cores were not free
    traces: dict[str, str] = field(default_factory=dict)
    first_calls: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # cell -> (cold, warm) seconds
    shapes: dict[str, tuple[ShapeCall, ...]] = field(default_factory=dict)
    parts: dict[str, list[Parts]] = field(default_factory=dict)  # cell -> its parts in further processes
    compiler: list[CompilerStart] = field(default_factory=list)
    roofs: list[list[Roof]] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()
    secrets: list[int] = field(default_factory=list)  # the values that input seeds were drawn from, one per sitting
    seconds: float = 0.0
    ended: bool = False

    @property
    def options(self) -> Options:
        """The options that the run was started with."""
        data = self.head["options"]
        return Options(**{**data, "cells": tuple(data["cells"]), "traces": tuple(data["traces"])})

    def disturbance(self, cell: str) -> str:
        """Whether its rivals slow ``cell`` down: "takes ... alone and ... beside its rivals"; "" if they do not.

        A longer time alone does not count: a process that has already run has memory available that a fresh one must
        first get from the system.
        """
        taken = [launch for (_, name), launch in self.launches.items() if name == cell and launch.wall]
        alone, beside = ([statistics.median(one.wall) for one in taken if one.alone == kind] for kind in (True, False))
        if not alone or not beside or min(beside) <= DIFFERENT * statistics.median(alone):
            return ""
        each = statistics.median(alone), statistics.median(beside)
        return "takes {:.3g} µs alone and {:.3g} µs beside its rivals".format(*(seconds * 1e6 for seconds in each))

    def add(self, line: Mapping[str, Any]) -> None:
        """Add one line of the journal."""
        cell = line.get("cell", "")
        match line["kind"]:
            case "check":
                self.checks[cell] = dict(line["answer"])
            case "launch":
                self.launches[line["launch"]["launch"], cell] = launch_from(line["launch"])
                self.contended[cell] = self.contended.get(cell, 0) + bool(line["contended"])
            case "fault":
                self.faults[cell] = (line["status"], line["reason"])
            case "trace":
                self.traces[cell] = line["path"]
            case "first call":
                self.first_calls.setdefault(cell, []).append((line["cold"], line["warm"]))
            case "shapes":
                self.shapes[cell] = tuple(ShapeCall(**shape) for shape in line["shapes"])
            case "parts":
                self.parts.setdefault(cell, []).append(parts_from(line["parts"]))
            case "compiler":
                self.compiler.append(CompilerStart(line["seconds"], line["empty"]))
            case "roofs":
                self.roofs.append([Roof(**roof) for roof in line["roofs"]])
            case "sitting":
                self.seconds += line["seconds"]
                self.ended = line["ended"]
                self.secrets += [line["secret"]] if "secret" in line else []
            case "facts":
                self.facts = tuple(Fact(**fact) for fact in line["facts"])
            case "environment":
                self.head["environment"] = line["environment"]


Journal = jsonl.Journal[Found]


def begin(results: Path, options: Options, machine: Mapping[str, Any]) -> Journal:
    """Start the journal of a new run."""
    return Journal.begin(results / "journal", Found, "run", {"options": dataclasses.asdict(options), **machine})


def resume(results: Path, run: str = "") -> Journal:
    """Open the journal of an unfinished run, or of one whose record file was not written, by default the newest.

    Raises:
        ValueError: there is no such run.
    """
    return Journal.resume(results / "journal", load, "run", run, ended=True)


def load(path: Path) -> Found:
    """Read and validate a journal from any source.

    Raises:
        ValueError: it is damaged anywhere but at its end, or has cells that no longer exist.
    """
    asked: set[str] = set()

    def check(line: Mapping[str, Any]) -> None:
        if line["kind"] == "run":
            asked.update(line["options"]["cells"])
        elif "cell" in line and line["cell"] not in asked:
            raise ValueError("cell: is not among the cells of this run")
        lines.check(line)

    return jsonl.load(path, Found, lines.KINDS, check)
