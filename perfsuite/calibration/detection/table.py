"""The record of the trials, and its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from perfsuite.calibration import calibrate, rates
from perfsuite.calibration.detection.tools import TOOLS
from perfsuite.host import machine
from perfsuite.project import catalogue
from perfsuite.records import reading

GOAL = 0.95  # of the steps of +3 %, located
EFFECTS = ("+2 %", "+3 %", "-3 %", "+5 %")


class Trials(TypedDict):
    """What :func:`perfsuite.calibration.detection.trials.measure` counts; see there for the lists of counts."""

    missing: dict[str, str]
    noise: dict[str, dict[str, dict[str, list[int] | float]]]
    histories: dict[str, list[int]]
    levels: dict[str, dict[str, list[int]]]
    late: dict[str, list[int]]
    stressed: dict[str, list[int]]
    below: dict[str, float]
    between: list[float]
    spread: dict[str, list[float]]
    anchors: dict[str, list[int]]
    confirmed: list[int]


def record(folder: Path = calibrate.EVIDENCE) -> Path:
    """The file with the trials on this kind of machine."""
    return folder / "detection" / f"{machine.machine_class(machine.machine())}.json"


def write(path: Path, found: Mapping[str, object]) -> None:
    """Record the trials, replacing earlier ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Trials:
    """Read and validate the record.

    Raises:
        FileNotFoundError: there is none yet.
        ValueError: it is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"nothing in {path}: run `{catalogue.PROJECT.command} detect` first")
    with reading.damage(path):
        found: Trials = reading.value(reading.parsed(path.read_bytes()), Trials)
        return found


def table(found: Trials) -> str:
    """All tables, as Markdown."""
    parts = [_tools(found), _histories(found), _levels(found), _late(found), _stressed(found), _anchors(found)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _tools(found: Trials) -> str:
    head = (
        "| noise of a run | detector | false alarms, a series | a history of 1,200 | "
        + " | ".join(f"{effect}: found, located" for effect in EFFECTS)
        + " | 1,000 series |"
    )
    lines = [head, f"|---|---|---:|---:|{'---:|' * len(EFFECTS)}---:|"]
    rules = {one.name: one.rule for one in TOOLS}
    for noise, tools in found["noise"].items():
        for name, counts in tools.items():
            alarms, series = _counts(counts["constant"])
            counted = found["histories"].get(noise)
            whole = _percent(counted[0], counted[2]) if counted else "–"
            whole = whole if name == TOOLS[0].name else _all(alarms, series)
            cells = [_found(_counts(counts[effect])) for effect in EFFECTS]
            told = [noise, f"{name}: {rules.get(name, '')}", _percent(alarms, series), whole, *cells]
            lines.append(f"| {' | '.join(told)} | {counts['seconds']:.1f} s |")
    lines += [f"| all | {name}: not tried: {why} |||||||" for name, why in found["missing"].items()]
    return "\n".join(lines)


def _all(alarms: int, series: int) -> str:
    """The share of histories of 1,200 cells with a false alarm, from that of series."""
    return f"{100 * (1 - (1 - alarms / series) ** 1200):.0f} %" if alarms else "–"


def _histories(found: Trials) -> str:
    """Histories with a false alarm, before and after a comparison of the commits."""
    lines = [
        "| noise of a run | histories | with a false alarm | upper 95 % | confirmed too | upper 95 % |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    wrong, compared = found["confirmed"]
    for noise, (alarmed, cells, histories) in found["histories"].items():
        rate, most = wrong / compared, _upper(wrong, compared)
        each = max(1.0, cells / max(alarmed, 1))  # false steps of a history that has any
        before = alarmed / histories, rates.upper(alarmed, histories)
        after = before[0] * each * rate, min(1.0, _upper(alarmed, histories) * each * most)
        told = [
            noise,
            str(histories),
            *(f"{100 * one:.1f} %" for one in before),
            *(f"{100 * one:.3f} %" for one in after),
        ]
        lines.append(f"| {' | '.join(told)} |")
    lines += [
        "",
        "*Confirmed too*: the false steps of a history, times how often a comparison of the same code called any cell"
        f" slower or faster: {wrong} of {compared}, at most {100 * rates.upper(wrong, compared):.1f} %. Its bound is"
        " the product of two one-sided 97.5 % bounds.",
    ]
    return "\n".join(lines)


def _levels(found: Trials) -> str:
    lengths = list(next(iter(found["levels"].values())))
    lines = [
        f"| noise of a run, as recorded, scaled | {' | '.join(f'{runs} runs' for runs in lengths)} |",
        f"|---|{'---:|' * len(lengths)}",
    ]
    for level, counts in found["levels"].items():
        shares = [_share(counted[1], counted[2]) for counted in counts.values()]
        lines.append(f"| {100 * float(level):g} % | {' | '.join(shares)} |")
    reached = {
        runs: max((float(level) for level, counts in found["levels"].items() if _goal(counts[runs])), default=0.0)
        for runs in lengths
    }
    goals = ", ".join(f"{100 * level:g} % in {runs} runs" for runs, level in reached.items() if level) or "none"
    wider, pairs = found["between"]
    quiet = "; ".join(f"{100 * share:.1f} % of the cells of {name}" for name, share in found["below"].items())
    lines += [
        "",
        f"Shares of the steps of +3 % that are located within two runs. {100 * GOAL:g} % is reached up to: {goals}.",
        *(
            f"The median cell of {name} has a standard deviation of {100 * alone:.1f} % from run to run, and of"
            f" {100 * beside:.1f} % beside its rivals."
            for name, (alone, beside) in found["spread"].items()
        ),
        f"One run of a cell has a standard deviation of at most 1 % in: {quiet}.",
        f"Runs are {wider:.2f} times as far apart as their launches let expect, by {pairs:.0f} cells of two runs each.",
    ]
    return "\n".join(lines)


def _goal(counted: Sequence[int]) -> bool:
    return counted[1] >= GOAL * counted[2]


def _late(found: Trials) -> str:
    shares = " | ".join(_share(counted[1], counted[2]) for counted in found["late"].values())
    lines = [
        f"| runs after a step of +3 %, recorded noise of 1 % | {' | '.join(found['late'])} |",
        f"|---|{'---:|' * len(found['late'])}",
        f"| located | {shares} |",
    ]
    return "\n".join(lines)


def _stressed(found: Trials) -> str:
    lines = ["| Gaussian noise of 1 %, and | histories | with a false alarm | cells |", "|---|---:|---:|---:|"]
    for name, (alarmed, cells, histories) in found["stressed"].items():
        lines.append(f"| {name} | {histories} | {alarmed} | {cells} of {1200 * histories} |")
    return "\n".join(lines)


def _anchors(found: Trials) -> str:
    if not found["anchors"]:
        return ""
    alarms, step = found["anchors"]["false"], found["anchors"]["+2 %"]
    return (
        f"What is known of apache-otava, here again: a false alarm in {_percent(*alarms)} of {alarms[1]} constant"
        f" series of 100 runs (known: 8.5 %), and a step of +2 % in the middle of 50 runs with noise of 1 % found in"
        f" {_percent(step[0], step[2])}, located in {_percent(step[1], step[2])} (known: found in 90 %)."
    )


def _counts(value: list[int] | float) -> list[int]:
    if isinstance(value, float):
        raise ValueError(f"{value} is no list of counts")
    return value


def _found(counted: Sequence[int]) -> str:
    return f"{_share(counted[0], counted[2])}, {_share(counted[1], counted[2])}"


def _share(hits: int, trials: int) -> str:
    return f"{100 * hits / trials:.0f} %"


def _percent(hits: int, trials: int) -> str:
    return f"{100 * hits / trials:.1f} %"


def _upper(hits: int, trials: int) -> float:
    """The one-sided upper 97.5 % bound of a rate."""
    from scipy.stats import binomtest

    return float(binomtest(hits, trials).proportion_ci(0.95, method="exact").high)
