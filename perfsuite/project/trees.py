"""Which two trees are compared: commits, the working tree or folders, copied at the start so that editing goes on."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from perfsuite.host import commits
from perfsuite.project import catalogue

WORKING = "the working tree"


@dataclass(frozen=True)
class Tree:
    """One side of a comparison."""

    label: str  # "3f2a91c0de main: Use einsum", "the working tree"
    commit: str  # the whole hash; "" for a folder
    path: Path  # its copied impls folder
    hash: str  # of the files
    requirements: tuple[str, ...] = ()  # the packages that it runs on, as its pyproject.toml declares them


def pair(base: str, head: str, repository: Path, into: Path) -> tuple[Tree, Tree]:
    """The trees of ``base`` and ``head``, copied below ``into``; empty names are filled in.

    Without names: what the current branch and the uncommitted changes did since they left main; where that is
    nothing, the last commit.

    Raises:
        ValueError: there is no such commit, or it has no ``impls``.
    """
    if not base:
        base, head = _usual(repository)
    return lay(base, repository, into / "base"), lay(head or WORKING, repository, into / "head")


def _usual(repository: Path) -> tuple[str, str]:
    main = next((name for name in ("main", "master", "origin/main") if _knows(repository, name)), "HEAD")
    try:
        base = git(repository, "merge-base", main, "HEAD")
    except ValueError as problem:
        raise ValueError(f"{main} and HEAD have no commit in common: {problem}{hint(repository)}") from None
    if not git(repository, "diff", "--name-only", base, "--", "impls") and not git(
        repository, "ls-files", "--others", "--exclude-standard", "--", "impls"
    ):
        if not _knows(repository, "HEAD~1"):
            only = f"nothing to compare: impls has no changes, and there is one commit only{hint(repository)}"
            raise ValueError(f"{only}; name two")
        return "HEAD~1", "HEAD"
    return base, WORKING


def lay(name: str, repository: Path, into: Path) -> Tree:
    """Copy the ``impls`` of ``name``, a commit, ``WORKING`` or an impls folder, to ``into/impls``.

    Raises:
        ValueError: there is no such commit, or it has no ``impls``.
    """
    into.mkdir(parents=True)
    path = into / "impls"
    if name == WORKING or (Path(name) / "__init__.py").is_file():
        source = repository / "impls" if name == WORKING else Path(name).resolve()
        if not (source / "__init__.py").is_file():
            raise ValueError(f"{source} is not an impls folder: it has no __init__.py")
        shutil.copytree(source, path, ignore=shutil.ignore_patterns("__pycache__"))
        return Tree(name, "", path, catalogue.tree_hash(path), _requirements(source.parent / "pyproject.toml"))
    commit = find(repository, name)
    files = ["impls"]
    if git(repository, "ls-tree", "--name-only", commit, "pyproject.toml"):
        files.append("pyproject.toml")
    command = ["git", "-C", str(repository), "archive", "--format=tar", commit, "--", *files]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        raise ValueError(f"commit {name} has no impls folder: nothing to compare")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(into, filter="data")
    label = git(repository, "log", "-1", "--format=%h %s", commit)
    return Tree(label, commit, path, catalogue.tree_hash(path), _requirements(into / "pyproject.toml"))


def find(repository: Path, name: str) -> str:
    """The whole hash of the commit called ``name``.

    Raises:
        ValueError: there is none.
    """
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except ValueError:
        raise ValueError(f"no commit {name!r} in {repository}, and no impls folder either{hint(repository)}") from None


def hint(repository: Path) -> str:
    """Why a commit may not be found although it exists; nothing where that is not so."""
    if commits.shallow(repository):
        return "; this is a shallow clone, and `git fetch --unshallow` brings the commits that it leaves out"
    if not commits.commit(repository)[0]:
        why, remedy = commits.uncommitted(repository)
        return f"; {why}: {remedy}"
    return ""


def before(repository: Path, first: str, last: str) -> bool:
    """Whether the commit ``first`` is one of those that ``last`` came from."""
    try:
        return git(repository, "merge-base", first, last) == first
    except ValueError:  # they have none in common, or a shallow clone does not know of it
        return False


def _knows(repository: Path, name: str) -> bool:
    try:
        return bool(find(repository, name))
    except ValueError:
        return False


def git(repository: Path, *words: str) -> str:
    """What git prints.

    Raises:
        ValueError: it fails, with its last line; or it is not installed.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *words], capture_output=True, check=False, encoding="utf-8", errors="replace"
        )
    except FileNotFoundError:
        raise ValueError("git is not installed: name two impls folders instead of commits") from None
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or [f"git {words[0]} failed"])[-1])
    return done.stdout.strip()


def _requirements(pyproject: Path) -> tuple[str, ...]:
    """The packages that the code below ``impls`` runs on, as ``pyproject`` declares them; none without the file.

    They are its groups "measure" and "kernels"; where it has neither, the dependencies of what it builds.
    """
    if not pyproject.is_file():
        return ()
    data = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    groups = data.get("dependency-groups", {})
    wanted = [*groups.get("measure", []), *groups.get("kernels", [])]
    wanted = wanted or data.get("project", {}).get("dependencies", [])
    return tuple(sorted(line for line in wanted if isinstance(line, str)))
