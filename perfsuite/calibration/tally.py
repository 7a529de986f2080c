"""The recorded verdicts of the tools, and a table that counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from perfsuite.calibration import calibrate, rates
from perfsuite.calibration.peers import HEADS, TOOLS
from perfsuite.host import machine
from perfsuite.project import catalogue
from perfsuite.records import reading, sound


def record(folder: Path = calibrate.EVIDENCE) -> Path:
    """The file that these sessions are added to."""
    return folder / "peers" / f"{machine.machine_class(machine.machine())}.jsonl"


class _Answer(TypedDict):
    tool: str
    kind: str
    when: str
    seconds: float
    said: dict[str, dict[str, str]]  # rule -> cell -> "slower", "faster" or ""


def load(path: Path) -> list[dict[str, Any]]:
    """All verdicts of a record, validated; a truncated last line is dropped.

    Raises:
        FileNotFoundError: there are none.
        ValueError: the record is damaged.
    """
    missing = f"no verdicts in {path}: run `{catalogue.PROJECT.command} peers` first"
    return reading.entries(path, missing, _sound)


def _sound(found: dict[str, Any]) -> bool:
    """Validate an entry; all of them count."""
    _check(reading.value(found, _Answer))
    return True


def _check(found: _Answer) -> None:
    """Check what the types of an entry do not express."""
    sound.one_of(TOOLS, found["tool"], "tool")
    sound.one_of(HEADS, found["kind"], "kind")
    sound.at_least(0, found["seconds"], "seconds")
    for rule, cells in found["said"].items():
        where = f"said.{reading.told(rule)}"
        if not cells:
            raise ValueError(f"{where}: is empty")
        for cell, word in cells.items():
            sound.cell(cell, where)
            sound.one_of(("slower", "faster", ""), word, f"{where}.{reading.told(cell)}")


def table(answers: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts of the tools as Markdown."""
    lines = [
        "| tool | rule | false alarms on the same code | found: 5 % slower | found: 10 % slower | time per function |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for tool in TOOLS:
        theirs = [answer for answer in answers if answer["tool"] == tool]
        for rule in dict.fromkeys(rule for answer in theirs for rule in answer["said"]):
            mine = [answer for answer in theirs if rule in answer["said"]]
            shares = []
            for kind in HEADS:
                said = [word for answer in mine if answer["kind"] == kind for word in answer["said"][rule].values()]
                wanted = ("slower", "faster") if kind == "same" else ("slower",)
                shares.append(_share(sum(word in wanted for word in said), len(said)))
            seconds = [answer["seconds"] / len(answer["said"][rule]) for answer in mine]
            lines.append(f"| {tool} | {rule} | {' | '.join(shares)} | {sum(seconds) / len(seconds):.1f} s |")
    return "\n".join(lines) + "\n"


def _share(hits: int, trials: int) -> str:
    if not trials:
        return "–"
    low, high = rates.lower(hits, trials), rates.upper(hits, trials)
    return f"{hits} of {trials} ({100 * low:.0f}–{100 * high:.0f} %)"
