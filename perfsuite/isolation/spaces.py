"""Snapshots of what names in modules and classes, and attributes of functions, are bound to; and what has changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter, call, is_not, ne
from typing import Any, NamedTuple

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced


KEPT_BY_PYTHON = {"__slotnames__", "__warningregistry__"}  # Python sets them when copying an object or on a warning
GONE = object()


@dataclass(eq=False)
class Space:
    """What the names of one module, class or instance are bound to."""

    title: str
    now: Mapping[str, Any]  # the live namespace
    behind: tuple[Mapping[str, Any], ...]  # namespaces that are searched if a name is not here
    names: list[str]
    values: list[Any]
    known: set[str]  # all names, including those that may change

    def changed(self) -> Iterator[Change]:
        """The differences."""
        for name, value in zip(self.names, self.values, strict=True):
            now = self.now.get(name, GONE)
            if now is not value:
                yield Change(self, name, value, now)
        for name in self.now.keys() - self.known - KEPT_BY_PYTHON:
            for other in self.behind:
                if name in other:
                    yield Change(self, name, other[name], self.now[name])
                    break

    def put(self, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        if name in self.known:
            self.values[self.names.index(name)] = value
        self.known.add(name)


class Change(NamedTuple):
    """A name that is bound to something else."""

    space: Space
    name: str
    before: Any
    now: Any

    @property
    def full_name(self) -> str:
        """The name with its module or class."""
        return f"{self.space.title}.{self.name}"

    def __str__(self) -> str:
        """In words."""
        return f"{'removes' if self.now is GONE else 'replaces'} {self.full_name}"


class Look:
    """A fast check whether anything differs in some spaces; finding out what differs takes much longer."""

    def __init__(self, spaces: Iterable[Space]) -> None:
        self._spaces = list(spaces)
        self._all = [space.now for space in self._spaces]
        self._sizes = [len(space.known) for space in self._spaces]
        self._gets = [space.now.get for space in self._spaces for _ in space.names]
        self._names = [name for space in self._spaces for name in space.names]
        self._values = [value for space in self._spaces for value in space.values]

    def put(self, space: Space, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        if space in self._spaces and name in space.names:
            before = sum(len(other.names) for other in self._spaces[: self._spaces.index(space)])
            self._values[before + space.names.index(name)] = value

    def changed(self) -> Iterator[Change]:
        """The differences."""
        if any(map(is_not, map(call, self._gets, self._names), self._values)):
            suspects = self._spaces
        else:  # an additional name may hide another
            suspects = list(compress(self._spaces, map(ne, map(len, self._all), self._sizes)))
        for space in suspects:
            yield from space.changed()


@dataclass
class Part:
    """One attribute of many objects, such as the code of functions."""

    attribute: str
    words: str  # "the code of"
    names: list[str] = field(default_factory=list)  # of the objects
    owners: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def note(self, name: str, owner: Any) -> None:
        """Watch one more object."""
        self.names.append(name)
        self.owners.append(owner)
        self.values.append(getattr(owner, self.attribute))

    def changed(self) -> Iterator[str]:
        """The differences, one phrase each."""
        if any(map(is_not, map(attrgetter(self.attribute), self.owners), self.values)):
            for name, owner, value in zip(self.names, self.owners, self.values, strict=True):
                if getattr(owner, self.attribute) is not value:
                    yield f"replaces {self.words} {name}"
