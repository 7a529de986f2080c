"""The commit that a result was measured at, or why there is none."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from perfsuite.host.asking import output


def commit(root: Path) -> tuple[str, bool]:
    """The commit checked out in ``root``, and whether files differ from it; ``("", False)`` if there is none."""
    head = output("git", "-C", str(root), "rev-parse", "HEAD")
    # Without optional locks, because the user may be committing at this moment.
    changes = output("git", "--no-optional-locks", "-C", str(root), "status", "--porcelain") if head else ""
    return head, bool(changes)


def uncommitted(root: Path) -> tuple[str, str]:
    """Why :func:`commit` finds no commit in ``root``, and the remedy."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=20,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return "git is not installed, or does not respond", "install git"
    said = done.stderr.strip()
    if "dubious ownership" in said or "unsafe repository" in said:
        owner = f"git does not trust {root}, which belongs to another user"
        told = re.search(r"git config --global --add safe\.directory .+", said)
        return owner, told[0] if told else f"git config --global --add safe.directory {shlex.quote(str(root))}"
    if "not a git repository" in said:
        return f"{root} is not in a git repository", f"git clone the project, or git init in {shlex.quote(str(root))}"
    if "unknown revision" in said:
        return "there are no commits yet", "git commit"
    return (
        f"git says: {said.splitlines()[-1] if said else f'code {done.returncode}'}",
        f"{shlex.join(command)} must work",
    )


def shallow(root: Path) -> bool:
    """Whether ``root`` is a shallow clone, without the older commits."""
    return output("git", "-C", str(root), "rev-parse", "--is-shallow-repository") == "true"
