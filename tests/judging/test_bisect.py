"""The search for the commit that made it slower: no guess, no step too many, and a real repository."""

from __future__ import annotations

import io
import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from perfsuite.judging import bisect
from perfsuite.judging.record import Row
from perfsuite.pairing.sequential import Judge, Rule
from perfsuite.project import trees
from perfsuite.running.progress import Progress

COMMITS = [f"c{at}" for at in range(10)]


def looking(first_slow: int, asked: list[str], skip: set[str] = frozenset(), unknown: set[str] = frozenset()):  # type: ignore[assignment]
    def side(commit: str) -> str:
        asked.append(commit)
        if commit in skip:
            return "skip"
        if commit in unknown:
            return "unknown"
        return "slow" if COMMITS.index(commit) >= first_slow else "fast"

    return side


@pytest.mark.parametrize("first_slow", range(10))
def test_the_first_slow_commit_is_found_in_the_fewest_steps(first_slow: int):
    asked: list[str] = []
    found = bisect.search("good", COMMITS, looking(first_slow, asked))
    assert found.first_slow == COMMITS[first_slow] and not found.between
    assert found.last_fast == (COMMITS[first_slow - 1] if first_slow else "good")
    assert len(asked) <= bisect.steps(len(COMMITS)) and len(set(asked)) == len(asked)


@pytest.mark.parametrize("first_slow", range(10))
def test_commits_without_the_cell_are_stepped_around(first_slow: int):
    skip = {"c4", "c5"}
    found = bisect.search("good", COMMITS, looking(first_slow, [], skip))
    lost = {COMMITS[at] for at in range(10)} & skip
    if first_slow in (4, 5, 6):
        assert (found.last_fast, found.first_slow, set(found.between)) == ("c3", "c6", lost)
    else:
        assert found.first_slow == COMMITS[first_slow] and not set(found.between)


def test_what_stays_undecided_ends_the_search_with_the_range():
    found = bisect.search("good", COMMITS, looking(7, [], unknown={"c6"}))
    assert found.undecided == "c6" and found.between and "c6" in found.between
    assert COMMITS.index(found.last_fast) < 6 < COMMITS.index(found.first_slow)


def test_steps_share_the_error():
    assert [bisect.steps(n) for n in (1, 2, 3, 4, 5, 8, 9)] == [0, 1, 2, 2, 3, 3, 4]


def test_a_split_asks_on_which_side_a_cell_lies():
    for x, verdict in ((0.05, "SLOWER"), (0.0, "SAME"), (-0.3, "SAME"), (0.025, "UNDECIDED")):
        judge = Judge(Rule(cells=1, alpha=0.01, split=0.025))
        for _ in range(12):
            judge.add(x)
        assert judge.finding.verdict == verdict, x


def git(repository: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", "-C", str(repository), *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_commits_that_leave_impls_alone_are_no_candidates(tmp_path: Path):
    where = tmp_path / "repository"
    (where / "impls").mkdir(parents=True)
    git(where, "init", "-q", "-b", "main")
    hashes = []
    for name, text in (("impls/a.py", "1"), ("README", "x"), ("impls/a.py", "2"), ("README", "y"), ("impls/a.py", "3")):
        (where / name).write_text(text)
        git(where, "add", "-A")
        git(where, "commit", "-qm", f"{name} {text}")
        hashes.append(git(where, "rev-parse", "HEAD"))
    assert bisect.candidates(where, hashes[0], "HEAD") == [hashes[2], hashes[4]]
    with pytest.raises(ValueError, match="is not before"):
        bisect.candidates(where, "HEAD", hashes[0])


def test_in_a_shallow_clone_it_is_said_that_it_is_one(tmp_path: Path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    (whole / "impls").mkdir(parents=True)
    git(whole, "init", "-q", "-b", "main")
    for number in range(4):
        (whole / "impls" / "a.py").write_text(str(number), encoding="utf-8")
        git(whole, "add", "-A")
        git(whole, "commit", "-qm", f"commit {number}")
    first = git(whole, "rev-parse", "HEAD~3")
    git(tmp_path, "clone", "-q", "--depth", "2", whole.as_uri(), str(part))
    with pytest.raises(ValueError, match=r"no commit .*shallow clone.*`git fetch --unshallow`"):
        bisect.candidates(part, first, "HEAD")
    git(whole, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(part, "fetch", "-q", "--depth", "1", "origin", first)  # it is there, but not what joins the two
    with pytest.raises(ValueError, match=r"is not before .*shallow clone.*`git fetch --unshallow`"):
        bisect.candidates(part, first, "HEAD")


@pytest.mark.slow
@pytest.mark.long
def test_the_commit_that_made_it_slower_is_named(
    project: Path, command: Callable[..., subprocess.CompletedProcess[str]]
):
    """Five commits: a comment, the slowdown, the variant gone for one commit, another comment."""
    path = project / "impls" / "smallops" / "row_sum.py"
    fast = "    return torch.sum(x, dim=0)\n\n\n@prepared"
    slow = "    return torch.sum(x + 0 * x, dim=0)\n\n\n@prepared"
    texts = [path.read_text()]
    assert texts[0].count(fast) == 1
    texts.append(texts[0] + "# one\n")
    texts.append(texts[1].replace(fast, slow))
    texts.append(texts[2].replace("def torch_sum(", "def gone("))
    texts.append(texts[2] + "# two\n")
    git(project, "init", "-q", "-b", "main")
    for at, text in enumerate(texts):
        path.write_text(text)
        git(project, "add", "-A")
        git(project, "commit", "-qm", f"commit {at}")
    cell = "smallops.row_sum/torch_sum/eager/cpu/500x10/1"
    done = command(project, "bisect", "HEAD~4", "HEAD", cell, timeout=600)
    assert done.returncode == 0, done.stderr
    assert f"{cell}: +" in done.stdout and "first slow commit: " in done.stdout and "commit 2" in done.stdout
    assert "impls/smallops/row_sum.py" in done.stdout

    done = command(project, "bisect", "HEAD", "HEAD~4", cell)
    assert done.returncode == 2 and "name the good commit first" in done.stderr


@pytest.mark.parametrize("ratio", [1.05, 0.95])
@pytest.mark.parametrize("first", range(6))
def test_a_known_change_is_narrowed_down_in_either_direction(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ratio: float, first: int
):
    """Commits before the change have the same code as the good one, or were timed."""
    commits = COMMITS[:6]

    def compare(
        repository: Path, base: str, head: str, cell: str, alpha: float, split: float, progress: Progress
    ) -> Row:
        x = math.log(ratio) if commits.index(head) >= first else 0.0
        if not x and commits.index(head) % 2:
            return Row(cell, "SAME", "the code is the same")
        return Row(cell, "SLOWER" if x > split else "SAME", epochs=12)

    monkeypatch.setattr(bisect, "_compare", compare)
    monkeypatch.setattr(trees, "find", lambda repository, name: name)
    monkeypatch.setattr(trees, "git", lambda *words: "")
    found = bisect.narrowed(tmp_path, "good", commits, "a.b/c", ratio, 0.01, Progress(io.StringIO()))
    assert found.first_slow == commits[first] and not found.between and not found.undecided
