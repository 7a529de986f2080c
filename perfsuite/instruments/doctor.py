"""Report what is installed, what is missing and how to fix it, and what on this machine affects results; never fail.

torch is imported in a separate process, because a broken installation may kill it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from perfsuite.instruments.conditions import clock, compiling, files, load, memory, shared, space, variables
from perfsuite.instruments.installed import compilers, counters, cuda, git, packages, python, torch, valgrind
from perfsuite.instruments.place import Finding, Place
from perfsuite.model.printable import one_line

LONGEST = 1000  # characters of a line

CHECKS: tuple[Callable[[Place], Iterator[Finding]], ...] = (
    python,
    torch,
    packages,
    compilers,
    valgrind,
    counters,
    cuda,
    git,
    load,
    clock,
    memory,
    shared,
    space,
    compiling,
    files,
    variables,
)


def report(place: Place | None = None) -> tuple[str, bool]:
    """The findings as text, and whether the suite can run here."""
    found = list(findings(place or Place()))
    width = max(len(finding.subject) for finding in found)
    lines = []
    for finding in found:
        lines.append(f"{finding.mark:7}  {finding.subject:{width}}  {finding.text}".rstrip())
        if finding.remedy:
            lines.append(f"{'':7}  {'':{width}}  -> {finding.remedy}")
    lines = [one_line(text, LONGEST) for text in lines]
    lacking = [finding.subject for finding in found if finding.mark == "missing"]
    lines += ["", f"not ready: {', '.join(lacking)}" if lacking else "ready"]
    return "\n".join(lines), not lacking


def findings(place: Place) -> Iterator[Finding]:
    """The findings of each check; a check that raises is itself a finding."""
    for check in CHECKS:
        try:
            yield from check(place)
        except Exception as problem:
            yield Finding("note", check.__name__, f"could not be checked: {type(problem).__name__}: {problem}")
