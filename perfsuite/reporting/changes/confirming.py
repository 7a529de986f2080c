"""The command that confirms a change, where both records are of commits that this repository has."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

from perfsuite.host.asking import output
from perfsuite.model.printable import visible
from perfsuite.model.record import Run
from perfsuite.project import catalogue
from perfsuite.reporting.changes.found import Changes

COMMIT = re.compile("[0-9a-f]{7,64}")
MOST = 5  # cells that the command names


def confirmed(found: Changes, repository: Path = catalogue.ROOT, tree: Path = catalogue.IMPLS) -> Changes:
    """``found`` with the command of ``compare``, or with the reason why there is none."""
    if why := _unknown(found.old, repository) or _unknown(found.new, repository):
        return replace(found, unconfirmed=why)
    if found.old.dirty:
        return replace(found, unconfirmed="OLD was measured with changes that are in no commit")
    edited = found.new.dirty
    if edited and catalogue.tree_hash(tree) != found.new.tree:
        return replace(found, unconfirmed="NEW was measured with changes that are in no commit")
    if found.old.commit == found.new.commit and not edited:
        return replace(found, unconfirmed="both are of the same commit; measure again to see whether a change stays")
    cells = [row.cell for row in found.rows if row.verdict in ("slower", "faster")][:MOST]
    words = [*shlex.split(catalogue.PROJECT.command), "compare", found.old.commit[:10]]
    words += [] if edited else [found.new.commit[:10]]  # without HEAD it is the working tree
    return replace(found, confirm=shlex.join([*words, *(["--only", " or ".join(cells)] if cells else [])]))


def _unknown(run: Run, repository: Path) -> str:
    """Why the commit of ``run`` cannot be compared here; "" if it can."""
    if not run.commit:
        return f"run {visible(run.run)} was measured outside a repository"
    known = COMMIT.fullmatch(run.commit) and output(
        "git", "-C", str(repository), "cat-file", "-t", f"{run.commit}^{{commit}}"
    )
    return "" if known else f"commit {visible(run.commit[:10])} is not in this repository"
