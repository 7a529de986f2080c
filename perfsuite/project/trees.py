"""The two trees to compare: commits, the working tree or folders, copied at the start so that editing can go on."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from perfsuite.host import commits
from perfsuite.model.printable import near
from perfsuite.project import environments, packages
from perfsuite.project.packages import PROJECT, above, tree_hash

WORKING = "the working tree"
RELEASE = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.+!-]+")  # "einops==0.8.0"


NAMED = "impls folder" if PROJECT.package == ("impls",) else " and ".join(PROJECT.package)


@dataclass(frozen=True)
class Tree:
    """One side of a comparison."""

    label: str  # "3f2a91c0de main: Use einsum", "the working tree"
    commit: str  # the whole hash; "" for a folder
    path: Path  # the copied folder of its first package
    hash: str  # of the files
    requirements: tuple[str, ...] = ()  # the packages that it needs, as declared in its pyproject.toml


def pair(base: str, head: str, repository: Path, into: Path, whole: bool = False) -> tuple[Tree, Tree]:
    """The trees of ``base`` and ``head``, copied below ``into``; empty names get defaults.

    By default the working tree is compared with the commit where the current branch left main; if nothing has
    changed since, the last commit is compared with the one before.

    Raises:
        ValueError: there is no such commit, or it has no ``impls``.
    """
    if not base:
        base, head = _usual(repository)
    return (
        lay(base, repository, into / "base", whole),
        lay(head or WORKING, repository, into / "head", whole),
    )


def _usual(repository: Path) -> tuple[str, str]:
    _has_commits(repository, "nothing to compare")
    main = next((name for name in ("main", "master", "origin/main") if _knows(repository, name)), "HEAD")
    try:
        base = git(repository, "merge-base", main, "HEAD")
    except ValueError as problem:
        raise ValueError(f"{main} and HEAD have no commit in common: {problem}{hint(repository)}") from None
    names = PROJECT.package
    if not git(repository, "diff", "--name-only", base, "--", *names) and not git(
        repository, "ls-files", "--others", "--exclude-standard", "--", *names
    ):
        if not _knows(repository, "HEAD~1"):
            only = f"nothing to compare: {' and '.join(names)} has no changes, and there is only one commit"
            only += hint(repository)
            raise ValueError(f"{only}; name two")
        return "HEAD~1", "HEAD"
    return base, WORKING


def lay(name: str, repository: Path, into: Path, whole: bool = False) -> Tree:
    """Copy the packages of ``name``: a commit, ``WORKING``, a folder of the first package, or a release.

    With ``whole``, everything else of a commit is copied too, because building compiled code needs it.

    Raises:
        ValueError: there is no such commit or release, or it has no such package.
    """
    into.mkdir(parents=True)
    path = into / PROJECT.package[0]
    if RELEASE.fullmatch(name):
        return _release(name, into)
    if name == WORKING or (Path(name) / "__init__.py").is_file():
        source = packages.FIRST if name == WORKING and repository == PROJECT.root else Path(name).resolve()
        source = repository / PROJECT.package[0] if name == WORKING and not source.is_dir() else source
        if whole and name == WORKING:
            _all(repository, into)
        else:
            _copied(source, into)
        label = f"{here}, as installed" if name == WORKING and (here := packages.installed(repository)) else name
        return Tree(label, "", path, tree_hash(path), _requirements(above(source) / "pyproject.toml"))
    commit = find(repository, name)
    files = list(PROJECT.package)
    if git(repository, "ls-tree", "--name-only", commit, "pyproject.toml"):
        files.append("pyproject.toml")
    files = ["."] if whole else files
    command = ["git", "-C", str(repository), "archive", "--format=tar", commit, "--", *files]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        raise ValueError(f"commit {name} has no {NAMED}: nothing to compare")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(into, filter="data")
    label = git(repository, "log", "-1", "--format=%h %s", commit)
    return Tree(label, commit, path, tree_hash(path), _requirements(into / "pyproject.toml"))


def _all(repository: Path, into: Path) -> None:
    """Copy all files of the working tree that git does not ignore."""
    for name in git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (repository / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, into / name)


def _copied(tree: Path, into: Path) -> None:
    """Copy the packages of ``tree`` to their places below ``into``.

    Raises:
        ValueError: a package does not exist.
    """
    for folder, name in zip(packages.packages(tree).values(), PROJECT.package, strict=True):
        if not (folder / "__init__.py").is_file():
            kind = "an impls folder" if name == "impls" else "a package"
            raise ValueError(f"{folder} is not {kind}: it has no __init__.py")
        shutil.copytree(folder, into / name, ignore=shutil.ignore_patterns("__pycache__"))


def _release(name: str, into: Path) -> Tree:
    """A release of a package, without its requirements, which are taken from the installed packages.

    Raises:
        ValueError: there is no such release, or it does not have the package.
    """
    environments.uv("pip", "install", "--quiet", "--no-deps", "--target", str(into / "release"), name)
    for package in PROJECT.package:
        folder = into / "release" / package.split("/")[-1]
        if not folder.is_dir():
            raise ValueError(f"{name} has no package {folder.name!r}: [tool.perfsuite] sets what is compared")
        shutil.move(folder, into / package)
    path = into / PROJECT.package[0]
    return Tree(name, "", path, tree_hash(path))


def find(repository: Path, name: str) -> str:
    """The full hash of the commit ``name``.

    Raises:
        ValueError: there is no such commit.
    """
    _has_commits(repository, f"no commit {name!r}")
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except ValueError:
        names = git(repository, "for-each-ref", "--format=%(refname:short)") if commits.commit(repository)[0] else ""
        raise ValueError(
            f"no commit {name!r}{near(name, names.split())} in {repository}, and no {NAMED} either{hint(repository)}"
        ) from None


def _has_commits(repository: Path, problem: str) -> None:
    """Check that the package is a folder of a repository.

    Raises:
        ValueError: it is installed; the text begins with ``problem``.
    """
    if here := packages.installed(repository):
        name = PROJECT.package[0]
        raise ValueError(f"{problem}: {name} is an installed package; compare releases of it, such as {here}")


def hint(repository: Path) -> str:
    """Why an existing commit may not be found; empty if there is no known reason."""
    if commits.shallow(repository):
        return "; this is a shallow clone, and `git fetch --unshallow` fetches the missing commits"
    if not commits.commit(repository)[0]:
        why, remedy = commits.uncommitted(repository)
        return f"; {why}: {remedy}"
    return ""


def before(repository: Path, first: str, last: str) -> bool:
    """Whether the commit ``first`` is an ancestor of ``last``."""
    try:
        return git(repository, "merge-base", first, last) == first
    except ValueError:  # no common ancestor, or it is missing in a shallow clone
        return False


def _knows(repository: Path, name: str) -> bool:
    try:
        return bool(find(repository, name))
    except ValueError:
        return False


def git(repository: Path, *words: str) -> str:
    """The output of git.

    Raises:
        ValueError: git fails (the message is its last line), or is not installed.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *words], capture_output=True, check=False, encoding="utf-8", errors="replace"
        )
    except FileNotFoundError:
        raise ValueError("git is not installed: name two folders of the package instead of commits") from None
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or [f"git {words[0]} failed"])[-1])
    return done.stdout.strip()


def _requirements(pyproject: Path) -> tuple[str, ...]:
    """The packages that the code below ``impls`` needs, as declared in ``pyproject``; none without the file.

    They are its groups "measure" and "kernels"; if it has neither, the project's dependencies.
    """
    if not pyproject.is_file():
        return ()
    data = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    groups = data.get("dependency-groups", {})
    wanted = [*groups.get("measure", []), *groups.get("kernels", [])]
    wanted = wanted or data.get("project", {}).get("dependencies", [])
    return tuple(sorted(line for line in wanted if isinstance(line, str)))
