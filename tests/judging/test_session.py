"""Whole comparisons: real trees, real workers, real signals."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import copied

pytestmark = pytest.mark.slow
Command = Callable[..., subprocess.CompletedProcess[str]]
FAMILY = "smallops.row_sum/{}/eager/cpu/50x10/1"
EDITS = (
    # what stands in the file, what is put there: faster, slower, renamed, broken
    ('    return torch.einsum("ij->j", x)\n', "    return torch.sum(x, dim=0)\n"),
    (
        "    return torch.sum(x, dim=0)\n\n\n@prepared",
        "    return torch.sum(x + 0 * x, dim=0)\n\n\n@prepared",
    ),  # slower
    ("def cumsum(", "def cumulative("),
    ("torch.from_numpy(x.numpy().sum(axis=0))", "torch.from_numpy(x.numpy().sum(axis=0)) * 0"),
)


def git(repository: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "-C", str(repository), *identity, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a repository with one commit; no test changes it."""
    project = copied(tmp_path_factory.mktemp("committed") / "project")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "Before")
    return project


@pytest.fixture
def repository(committed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(committed, tmp_path / "project"))


def edit(repository: Path) -> None:
    path = repository / "impls" / "smallops" / "row_sum.py"
    text = path.read_text()
    for old, new in EDITS:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


def document(repository: Path) -> dict[str, Any]:
    (path,) = (repository / "results" / "compare").glob("*.json")
    return json.loads(path.read_text())


def leftovers(repository: Path) -> list[Path]:
    return list((repository / "results" / "compare").glob(".trees-*"))


def workers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended; those of a killed command are nobody's to wait for
            if child.status() != psutil.STATUS_ZOMBIE and "worker.py" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_slower_faster_renamed_and_broken_are_told_as_such(repository: Path, command: Command):
    edit(repository)
    names = ("torch_sum", "einsum", "unbind_loop", "cumsum", "cumulative", "numpy_sum")
    only = " or ".join(FAMILY.format(name) for name in names)
    done = command(repository, "compare", "--only", only, "--delta", "0.1", "--budget", "150")
    found = document(repository)
    verdicts = {row["cell"].split("/")[1]: row["verdict"] for row in found["rows"]}
    expected = {
        "torch_sum": "SLOWER",
        "einsum": "FASTER",
        "cumsum": "INCOMPARABLE",
        "cumulative": "INCOMPARABLE",
        "numpy_sum": "ERROR",
    }
    assert {name: verdicts[name] for name in expected} == expected, done.stdout + done.stderr
    assert verdicts["unbind_loop"] in ("SAME", "UNDECIDED")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "comparing" in done.stderr and "the working tree (HEAD)" in done.stderr
    assert "6 cells to compare; proof takes about " in done.stderr and "(--budget 150)" in done.stderr

    headline = next(line for line in done.stdout.splitlines() if "slower" in line)
    assert headline.startswith("1 slower, 1 faster, 1 failed, 2 not comparable")
    lines = done.stdout.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("SLOWER"))
    assert FAMILY.format("torch_sum") in lines[at] and "operators 1 → 3" in lines[at + 1]
    assert "only in BASE" in done.stdout and "only in HEAD" in done.stdout and "HEAD wrong: " in done.stdout

    slow = next(row for row in found["rows"] if row["verdict"] == "SLOWER")
    assert 1 < slow["low"] < slow["ratio"] < slow["high"] and slow["epochs"] >= 9
    journal = (repository / "results" / "compare" / f"{found['run']}.jsonl").read_text()
    coins = [line for line in map(json.loads, journal.splitlines()) if line["kind"] == "epoch"]
    assert len({line["hash"] for line in coins}) == len(coins), "every epoch has a hash seed of its own"
    assert {line["mount"] for line in coins} <= {0, 1} and all(
        {"order", "padding", "seed"} <= set(line) for line in coins
    )
    page = (repository / "results" / "compare" / f"{found['run']}.html").read_text()
    markdown = (repository / "results" / "compare" / f"{found['run']}.md").read_text()
    for verdict in ("SLOWER", "FASTER", "INCOMPARABLE", "ERROR"):
        assert verdict in page and f"| {verdict} |" in markdown
    assert not leftovers(repository) and not workers()

    again = command(repository, "compare", "--resume")
    assert again.returncode == 2 and "nothing to resume" in again.stderr


@pytest.mark.parametrize("with_signal", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.long)])
def test_interrupted_it_goes_on_with_what_was_measured(repository: Path, command: Command, with_signal: signal.Signals):
    words = ["compare", "HEAD", "--only", FAMILY.format("torch_sum"), "--time-equal", "--alpha", "0.2", "--epochs", "4"]
    words += ["--gate", "none"]  # at such an alpha any verdict may come: what is asked here is that it goes on
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    folder = repository / "results" / "compare"
    end = time.monotonic() + 120
    while time.monotonic() < end and not any('"kind": "x"' in path.read_text() for path in folder.glob("*.jsonl")):
        time.sleep(0.1)
    os.kill(process.pid, with_signal)
    out, err = process.communicate(timeout=60)
    (path,) = folder.glob("*.jsonl")
    before = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    measured = [line for line in before if '"kind": "x"' in line]
    assert measured
    if with_signal == signal.SIGINT:
        assert process.returncode == 130 and "--resume` goes on" in err, out + err
    end = time.monotonic() + 30  # those of a killed command end when they notice that it is gone
    while workers() and time.monotonic() < end:
        time.sleep(0.1)
    assert not workers()

    done = command(repository, "compare", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    after = path.read_text().splitlines(keepends=True)
    assert after[: len(before)] == before, "nothing that was measured is lost or changed"
    assert sum('"kind": "x"' in line for line in after) > len(measured), "it went on"
    (row,) = document(repository)["rows"]
    assert row["verdict"] not in ("ERROR", "UNTRUSTED", "INCOMPARABLE")
    assert len(row["xs"]) == sum('"kind": "x"' in line for line in after)
    assert not leftovers(repository)


@pytest.mark.long
def test_a_variant_that_dies_costs_only_itself(repository: Path, command: Command):
    path = repository / "impls" / "smallops" / "row_sum.py"
    path.write_text(
        path.read_text().replace(
            '    return torch.einsum("ij->j", x)\n',
            "    import os\n\n    _CALLS.append(1)\n    if len(_CALLS) > 5000:\n        os.kill(os.getpid(), 11)\n"
            '    return torch.einsum("ij->j", x)\n\n\n_CALLS: list[int] = []\n',
        )
    )
    only = " or ".join(FAMILY.format(name) for name in ("torch_sum", "einsum"))
    done = command(repository, "compare", "--only", only, "--alpha", "0.2", "--delta", "0.3", "--budget", "120")
    rows = {row["cell"].split("/")[1]: row for row in document(repository)["rows"]}
    assert rows["einsum"]["verdict"] == "ERROR" and "SIGSEGV" in rows["einsum"]["reason"]
    assert "in HEAD" in rows["einsum"]["reason"], "the side that died is named"
    assert rows["torch_sum"]["verdict"] == "SAME"
    assert done.returncode == 3 and not workers() and not leftovers(repository)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("no-such-commit",), "no commit 'no-such-commit'"),
        (("HEAD", "--only", "nothing-like-it"), "matches no cell"),
        (("HEAD", "--delta", "0.001"), "delta 0.001"),
        (("HEAD", "--alpha", "2"), "alpha 2"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(
    committed: Path, command: Command, words: tuple[str, ...], told: str
):
    done = command(committed, "compare", *words)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert not leftovers(committed) and not list((committed / "results").glob("compare/*.jsonl"))


def test_after_a_remark_nothing_is_timed(repository: Path, command: Command):
    path = repository / "impls" / "matmul" / "ladder.py"
    path.write_text(path.read_text().replace('"""', '"""In other words: ', 1) + "# edited\n")
    done = command(repository, "compare", "--only", "matmul.ladder")
    assert done.returncode == 0 and "\nno code differs, apart from comments" in done.stdout, done.stderr
    assert len(done.stderr.splitlines()) == 2, "who is compared, and nothing of work to come"
    found = document(repository)
    assert found["counts"]["SAME"] == len(found["rows"]) > 100 and found["epochs"] == 0
    assert not leftovers(repository)


def test_an_operator_of_one_name_on_both_sides_is_not_compared(repository: Path, command: Command):
    path = repository / "impls" / "smallops" / "row_sum.py"
    path.write_text(
        path.read_text().replace(
            '    return torch.einsum("ij->j", x)\n',
            "    return _columns(x)\n\n\n"
            '@torch.library.custom_op("mine::columns", mutates_args=())\n'
            "def _columns(x: torch.Tensor) -> torch.Tensor:\n    return x.sum(0)\n",
        )
    )
    git(repository, "commit", "-qam", "An operator")
    path.write_text(path.read_text() + "EDITED = 1\n")
    done = command(repository, "compare", "HEAD", "--only", FAMILY.format("einsum"))
    (row,) = document(repository)["rows"]
    assert row["verdict"] == "INCOMPARABLE" and "'mine::columns'" in row["reason"], done.stderr
    assert done.returncode == 4


@pytest.mark.long
def test_trees_in_processes_of_their_own_are_compared_too(repository: Path, command: Command):
    path = repository / "impls" / "smallops" / "row_sum.py"
    path.write_text(path.read_text().replace(*EDITS[1]))
    only = " or ".join(FAMILY.format(name) for name in ("torch_sum", "numpy_sum", "einsum"))
    (repository / "impls" / "smallops" / "row_sum.py").write_text(
        path.read_text().replace('    return torch.einsum("ij->j", x)\n', "    raise RuntimeError('not today')\n")
    )
    words = ("--apart", "--delta", "0.1", "--budget", "240")  # at the usual alpha: what is alike must not be slower
    done = command(repository, "compare", "HEAD", "--only", only, *words)
    rows = {row["cell"].split("/")[1]: row for row in document(repository)["rows"]}
    assert rows["torch_sum"]["verdict"] == "SLOWER", done.stdout + done.stderr
    assert rows["torch_sum"]["counts"] and rows["torch_sum"]["ratio"] > 1
    assert rows["numpy_sum"]["verdict"] in ("SAME", "UNDECIDED")
    assert rows["einsum"]["verdict"] == "ERROR" and "not today" in rows["einsum"]["reason"]
    assert done.returncode == 1 and not workers() and not leftovers(repository)


@pytest.mark.long
def test_trees_that_require_different_packages_get_an_environment_each(repository: Path, command: Command):
    pyproject = repository / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"numba>=0.60"', '"numba>=0.60,<0.62"'))
    git(repository, "commit", "-qam", "An older numba")
    pyproject.write_text(pyproject.read_text().replace('"numba>=0.60,<0.62"', '"numba>=0.62"'))
    # At the usual alpha: at 0.2 one comparison in five may call the same code slower, and one did.
    words = ("compare", "HEAD", "--only", FAMILY.format("torch_sum"), "--delta", "0.1")
    done = command(repository, *words, timeout=900)
    assert "making an environment for each" in done.stderr
    assert "! the packages differ too" in done.stdout and "numba==0.61" in done.stdout, done.stdout + done.stderr
    assert "in its own process" in done.stdout
    (row,) = document(repository)["rows"]
    assert row["verdict"] in ("SAME", "UNDECIDED") and row["epochs"] >= 5
    assert done.returncode == 0 and not workers() and not leftovers(repository)

    done = command(repository, *words, "--installed")
    assert done.returncode == 0 and "both ran with those installed here" in done.stdout


@pytest.mark.long
def test_what_crept_in_before_shows_against_the_anchor(repository: Path, command: Command):
    git(repository, "tag", "v1")
    path = repository / "impls" / "smallops" / "row_sum.py"
    path.write_text(path.read_text().replace(*EDITS[1]))
    git(repository, "commit", "-qam", "Slower")
    path.write_text(path.read_text() + "# the same\n")
    git(repository, "commit", "-qam", "After")
    words = ("--only", FAMILY.format("torch_sum"), "--alpha", "0.2", "--delta", "0.1")
    done = command(repository, "compare", "HEAD~1", "HEAD", "--anchor", "v1", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    since_parent, since_anchor = done.stdout.split("BASE  ")[1:]
    assert "no code differs" in since_parent and "1 slower" in since_anchor
    assert f"{FAMILY.format('torch_sum')} against " in since_anchor and "commit by commit: +" in since_anchor
    assert not leftovers(repository)
