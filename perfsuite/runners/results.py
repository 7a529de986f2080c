"""What ``perfsuite.measure`` and ``perfsuite.compare`` return: plain values that a notebook shows as a table."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perfsuite.model.estimates import Estimate
from perfsuite.reporting import units


@dataclass(frozen=True)
class Measured:
    """One function that was measured."""

    name: str
    status: str  # "ok"; "wrong", "error", "timeout", "crashed", "skipped" and others come with a reason
    reason: str
    seconds: Estimate | None  # of a call: the median over launches, with its interval
    ratio: Estimate | None  # its time over that of the first function, in the same launches
    samples: tuple[tuple[float, ...], ...]  # seconds per call, a row for each launch

    def __str__(self) -> str:
        """One line: the time with its interval, or why there is none."""
        if self.status != "ok" or self.seconds is None:
            return f"{self.name}: {self.status}: {self.reason}"
        low, high = units.time(self.seconds.low), units.time(self.seconds.high)
        return f"{self.name}: {units.time(self.seconds.value)} ({low} to {high})"

    def _repr_html_(self) -> str:
        """The same as a table, for a notebook."""
        return _table([self])


@dataclass(frozen=True)
class Compared(Mapping[str, Measured]):
    """Several functions that were measured in turns: a mapping from their names, in their order."""

    functions: tuple[Measured, ...]

    def __getitem__(self, name: str) -> Measured:
        """The function called ``name``."""
        return {one.name: one for one in self.functions}[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return (one.name for one in self.functions)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.functions)

    @property
    def ratio(self) -> Estimate:
        """The time of the last function over that of the first.

        Raises:
            ValueError: one of the two has no time; the text says why.
        """
        for one in (self.functions[0], self.functions[-1]):
            if one.status != "ok":
                raise ValueError(str(one))
        found = self.functions[-1].ratio
        assert found is not None
        return found

    def __str__(self) -> str:
        """A line for each."""
        return "\n".join(map(str, self.functions))

    def _repr_html_(self) -> str:
        """A table, for a notebook."""
        return _table(self.functions)


def _table(functions: tuple[Measured, ...] | list[Measured]) -> str:
    rows = []
    for one in functions:
        cells = [html.escape(one.name)]
        if one.status == "ok" and one.seconds is not None:
            cells += [units.time(one.seconds.value), f"{units.time(one.seconds.low)} … {units.time(one.seconds.high)}"]
            cells.append(f"{one.ratio.value:.3g}" if one.ratio else "")
        else:
            cells += [html.escape(f"{one.status}: {one.reason}"), "", ""]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>function</th><th>time</th><th>interval</th><th>× the first</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
