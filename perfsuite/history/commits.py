"""The commits of a repository in their order, with their subjects and times, asked of git once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from perfsuite.host.asking import output
from perfsuite.project import trees


@dataclass(frozen=True)
class Commits:
    """The commits that HEAD contains."""

    order: Sequence[str] = ()  # oldest first
    first_parents: Sequence[str] = ()  # those of the branch itself, oldest first
    place: Mapping[str, int] = field(default_factory=dict)  # hash -> its place in the order
    made: Mapping[str, datetime] = field(default_factory=dict)
    subject: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)  # hash -> its tags
    branch: str = ""

    def named(self, commit: str) -> str:
        """A commit as people read it: hash, tags and subject."""
        tag = f" ({self.tags[commit]})" if commit in self.tags else ""
        return f"{commit[:10]}{tag} {self.subject.get(commit, '')}".strip()


def of(repository: Path) -> Commits:
    """The commits of ``repository``; none without git, or outside a repository."""
    try:
        lines = trees.git(repository, "log", "--topo-order", "--reverse", "--format=%H%x09%ct%x09%D%x09%s").splitlines()
    except ValueError:
        return Commits()
    rows = [line.split("\t", 3) for line in lines if line.count("\t") >= 3]
    order = [row[0] for row in rows]
    tags = {
        row[0]: ", ".join(name.removeprefix("tag: ") for name in row[2].split(", ") if name.startswith("tag: "))
        for row in rows
    }
    return Commits(
        order,
        output("git", "-C", str(repository), "rev-list", "--first-parent", "--reverse", "HEAD").split(),
        {commit: at for at, commit in enumerate(order)},
        {row[0]: datetime.fromtimestamp(int(row[1]), UTC) for row in rows},
        {row[0]: row[3] for row in rows},
        {commit: names for commit, names in tags.items() if names},
        output("git", "-C", str(repository), "rev-parse", "--abbrev-ref", "HEAD").replace("HEAD", ""),
    )
