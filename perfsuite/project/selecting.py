"""Cell selection: ``-k`` expressions, the quick set, and opt-in cases that must be named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from perfsuite.model.cell import Cell
from perfsuite.model.printable import near
from perfsuite.project import catalogue

Match = Callable[[Cell], bool]


def expression(text: str) -> Match:
    """Parse a ``-k`` expression: words that occur in the cell, ``and``, ``or``, ``not`` and brackets, as in pytest.

    Case does not matter. A word that is a complete cell matches only that cell.

    Raises:
        ValueError: the expression is not valid.
    """
    tokens = re.findall(r"[()]|[^\s()]+", text)

    def fail() -> ValueError:
        return ValueError(f"-k {text!r} is not valid: use words of a cell, `and`, `or`, `not` and brackets")

    def either() -> Match:
        left = both()
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            left = (lambda a, b: lambda cell: a(cell) or b(cell))(left, both())
        return left

    def both() -> Match:
        left = term()
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            left = (lambda a, b: lambda cell: a(cell) and b(cell))(left, term())
        return left

    def term() -> Match:
        token = tokens.pop(0) if tokens else ")"
        if token == "not":
            inner = term()
            return lambda cell: not inner(cell)
        if token == "(":
            inner = either()
            if not tokens or tokens.pop(0) != ")":
                raise fail()
            return inner
        if token in (")", "and", "or"):
            raise fail()
        return _word(token)

    match = either()
    if tokens:
        raise fail()
    return match


def _word(word: str) -> Match:
    try:
        wanted = Cell.parse(word)
    except ValueError:
        return lambda cell: word.lower() in str(cell).lower()
    return lambda cell: cell == wanted


def select(cells: Sequence[Cell], text: str) -> list[Cell]:
    """The cells that match a ``-k`` expression, in their order.

    Raises:
        ValueError: the expression is not valid, or matches nothing.
    """
    match = expression(text)
    found = [cell for cell in cells if match(cell)]
    if not found:
        raise ValueError(
            f"-k {text!r} matches no cell{_meant(text, cells)}: `{catalogue.PROJECT.command} list` prints all of them"
        )
    return found


def _meant(text: str, cells: Sequence[Cell]) -> str:
    """Ask whether another word was meant, for the first word of an expression that is in no cell."""
    axes = {axis for cell in cells for axis in (str(cell), *str(cell).split("/"), *cell.component.split("."))}
    for word in re.findall(r"[^\s()]+", text):
        if word not in ("and", "or", "not") and not any(word.lower() in str(cell).lower() for cell in cells):
            return near(word, axes)
    return ""


def quick(cells: Sequence[Cell]) -> list[Cell]:
    """Those of ``cells`` that a run without arguments measures: all, if the project does not list any."""
    module = catalogue.PROJECT.module("quick")
    return pick(cells, module.QUICK) if module else list(cells)


def profiled(cells: Sequence[Cell]) -> list[Cell]:
    """Those of ``cells`` that are profiled by default."""
    module = catalogue.PROJECT.module("quick")
    return pick(cells, module.TRACED) if module else []


def pick(cells: Sequence[Cell], lines: Sequence[str]) -> list[Cell]:
    """The cells that match one of ``lines``, in their order."""
    matches = [expression(line) for line in lines]
    return [cell for cell in cells if any(match(cell) for match in matches)]


def opt_in() -> dict[tuple[str, str], str]:
    """``(component, case)`` of each opt-in case -> why it runs only when named."""
    return {
        (one.name, case.name): case.opt_in
        for one in catalogue.components().values()
        for case in one.cases
        if case.opt_in
    }


def usual(cells: Iterable[Cell], text: str = "") -> list[Cell]:
    """``cells`` without the opt-in cases that ``text``, a ``-k`` expression, does not name."""
    apart = opt_in()
    return [cell for cell in cells if (cell.component, cell.case) not in apart or cell.case.lower() in text.lower()]


def asked(cells: Sequence[Cell], text: str) -> list[Cell]:
    """The cells that match a ``-k`` expression, without the opt-in cases that it does not name.

    Raises:
        ValueError: the expression is not valid, matches nothing, or matches only opt-in cases without naming them.
    """
    found = select(cells, text)
    named = usual(found, text)
    if not named:
        names = ", ".join(sorted({cell.case for cell in found}))
        raise ValueError(f"-k {text!r} matches only cases that must be named: add {names} to it")
    return named
