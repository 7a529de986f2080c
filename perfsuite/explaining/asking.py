"""What is to be explained: two cells of one tree, or one cell at two commits; and whether that makes sense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from perfsuite.model.cell import Cell
from perfsuite.model.printable import near
from perfsuite.project import catalogue

LAUNCHES, BUDGET = 6, 0.15  # fresh processes, and seconds of samples of a cell in each


@dataclass(frozen=True)
class Question:
    """What was asked."""

    a: str  # cells; the same one if commits are compared
    b: str
    base: str = ""  # what a and b are measured in, if it is not the tree at hand: commits, folders or releases
    head: str = ""
    launches: int = LAUNCHES
    budget: float = BUDGET
    timeout: float = 300.0
    instructions: bool = False
    installed: bool = False

    @property
    def commits(self) -> bool:
        """Whether one cell is compared at two commits."""
        return bool(self.base or self.head)

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called: by what differs between them."""
        if self.commits:
            return "BASE", "HEAD"
        a, b = Cell.parse(self.a), Cell.parse(self.b)
        if a.threads == b.threads and a.cold == b.cold:
            return a.way, b.way
        told = [_with(one, threads=a.threads != b.threads, cold=a.cold != b.cold) for one in (a, b)]
        return told[0], told[1]


def _with(cell: Cell, threads: bool, cold: bool) -> str:
    word = {"1": "1 thread", "all": "all threads"}.get(cell.threads, f"{cell.threads} threads")
    parts = [cell.way, *([f"with {word}"] if threads else [])]
    return " ".join([*parts, *(["with cold caches" if cell.cold else "with warm caches"] if cold else [])])


def checked(question: Question, tree: Path) -> Question:
    """The question with complete cells.

    Raises:
        ValueError: a cell does not exist, or the two are not ways of the same work.
    """
    known = {str(cell): cell for cell in catalogue.all_cells(tree)}
    for name in (question.a, question.b):
        Cell.parse(name)  # the message shows what a cell is made of
        if name not in known and not question.commits:
            close = near(name, known)
            raise ValueError(f"no cell {name!r}{close}: `{catalogue.PROJECT.command} list` prints all of them")
    a, b = Cell.parse(question.a), Cell.parse(question.b)
    for what in ("component", "case", "device"):
        ours, theirs = getattr(a, what), getattr(b, what)
        if ours != theirs:
            raise ValueError(
                f"the cells are of different {what}s, {ours!r} and {theirs!r}: "
                "only ways of the same work can be explained by each other"
            )
    if question.commits:
        catalogue.component(a.component)
    elif a == b:
        raise ValueError(f"both cells are {question.a!r}: name another variant, or --base and --head")
    return replace(question, a=str(a), b=str(b))
