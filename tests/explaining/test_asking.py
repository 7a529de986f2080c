"""What cannot be explained is told in one line, before anything is measured."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from perfsuite.explaining.asking import Question, checked
from perfsuite.project import catalogue

A = "smallops.row_sum/torch_sum/eager/cpu/50x10/1"
B = "smallops.row_sum/slice_loop/eager/cpu/50x10/1"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (A, B.replace("slice_loop", "slice_lop"), "did you mean 'smallops.row_sum/slice_loop/eager/cpu/50x10/1'?"),
        ("nonsense", B, "'nonsense' is not a cell; expected family.component/variant"),
        (A, "matmul.ladder/mm/eager/cpu/5x784x10/1", "different components, 'smallops.row_sum' and 'matmul.ladder'"),
        (A, B.replace("50x10", "5000x10"), "different cases, '50x10' and '5000x10'"),
        (A, B.replace("cpu", "cuda"), "different devices, 'cpu' and 'cuda'"),
        (A, A, "name another variant, or --base and --head"),
    ],
)
def test_bad_questions(a: str, b: str, told: str):
    with pytest.raises(ValueError) as problem:
        checked(Question(a, b), catalogue.IMPLS)
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_sides_are_called_by_what_differs():
    assert Question(A, B).names == ("torch_sum", "slice_loop")
    assert Question(A, A.replace("eager", "compile")).names == ("torch_sum", "torch_sum:compile")
    assert Question(A, A.replace("/1", "/all")).names == ("torch_sum with 1 thread", "torch_sum with all threads")
    assert Question(A, f"{B}@cold").names == ("torch_sum with warm caches", "slice_loop with cold caches")
    assert Question(A, A, "main").names == ("BASE", "HEAD")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((A,), "name two cells, `python -m benchmarks explain A B`, or one cell and a commit"),
        ((A, B, "--base", "HEAD"), "name two cells"),
        ((A, "--head", "HEAD"), "--head HEAD needs --base"),
        ((A, f"{B}x"), "no cell"),
        ((A, "--base", "no-such-commit"), "no commit 'no-such-commit'"),
    ],
)
def test_the_command_prints_one_line(untouched: Path, command: Command, words: tuple[str, ...], told: str):
    done = command(untouched, "explain", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (untouched / "results" / "explain").exists()
