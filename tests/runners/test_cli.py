"""The command line: how much is printed, the exit codes, and that what is printed is harmless and fits any terminal."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import made
import pytest

from benchmarks import rows
from perfsuite.calibration import calibrate, rates
from perfsuite.history import index
from perfsuite.host import commits
from perfsuite.instruments import doctor
from perfsuite.instruments.place import Finding
from perfsuite.judging import bisect
from perfsuite.judging import record as compared
from perfsuite.judging.record import Row
from perfsuite.model.fault import Fault
from perfsuite.model.printable import visible
from perfsuite.model.record import Run
from perfsuite.project import catalogue
from perfsuite.records.store import write
from perfsuite.reporting.comparison import markdown
from perfsuite.reporting.comparison import terminal as compared_terminal
from perfsuite.reporting.html import page
from perfsuite.reporting.text import terminal
from perfsuite.runners import cli
from perfsuite.runners.commands import COMMANDS, _arguments, _shown
from perfsuite.running import session
from perfsuite.running.progress import Progress

NASTY = "a\x1b[31m\x1b]0;title\x07b\rc\bd\u202ee\udc80\u2028f\x9b1m" + "x" * 10**6
EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "example.jsonl.gz"
Out = pytest.CaptureFixture[str]


def harmless(text: str, most: int = 20_000) -> None:
    """Nothing that moves a cursor, hides or turns what follows, and no flood."""
    bad = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {
        "\n",
        "\u200d",
    }
    assert not bad, bad
    assert text and len(text) < most, len(text)


def failing(**changes: Any) -> Run:
    """A run with a cell that is ok and one that failed."""
    run = made.small()
    bad = dataclasses.replace(run.records[0], status="wrong", reason="it is", launches=(), trace="")
    good = dataclasses.replace(run.records[1], trace="")
    return dataclasses.replace(run, records=(bad, good), **changes)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page is drawn: that takes seconds, and has its own tests."""

    def index(run: Run, folder: Path, *_: object) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "index.html"

    monkeypatch.setattr(page, "write", index)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, drawn: None) -> Callable[..., int]:
    """``main`` with these arguments, where whatever is measured is this run."""

    def start(run: Run, *arguments: str) -> int:
        def begin(*_: Any) -> Any:
            path = tmp_path / "journal"
            path.touch()
            return SimpleNamespace(path=path, found=SimpleNamespace(head={"commit": "c"}))

        def measure(journal: Any, results: Path, tree: Path, progress: Any) -> Run:
            (progress or Progress()).note("something on the way")
            return run

        monkeypatch.setattr(session, "start", begin)
        monkeypatch.setattr(session, "measure", measure)
        return cli.main([*arguments, "--results", str(tmp_path / "results")])

    return start


# -- how much is printed, and what the exit code stands for ------------------------------------------------------------


def test_a_run_prints_its_ladders_where_it_is_kept_and_what_failed(measured: Callable[..., int], capsys: Out):
    assert measured(failing(), "run", "-k", "row_sum") == 3
    out, err = capsys.readouterr()
    assert "row_times_column" in out and out.splitlines()[-2].startswith("record  ")
    assert out.splitlines()[-1].startswith("report  ") and out.splitlines()[-1].endswith("index.html")
    assert err.splitlines() == ["something on the way", "wrong: matmul.ladder/loop/eager/cpu/5x784x10/1: it is"]


def test_a_time_that_the_hardware_does_not_allow_fails_the_run(measured: Callable[..., int], capsys: Out):
    run = made.small()
    fast = dataclasses.replace(
        run.records[0], status="impossible", reason="8.00 ns a call would be 1.00 TB/s", trace=""
    )
    assert measured(dataclasses.replace(run, records=(fast,)), "run", "-k", "row_sum", "--quiet") == 3
    err = capsys.readouterr().err.splitlines()
    assert err == ["impossible: matmul.ladder/loop/eager/cpu/5x784x10/1: 8.00 ns a call would be 1.00 TB/s"]


@pytest.mark.parametrize("only", [[], ["--no-report"]])
def test_quiet_prints_the_path_alone(measured: Callable[..., int], capsys: Out, tmp_path: Path, only: list[str]):
    assert measured(failing(), "run", "-k", "row_sum", "--quiet", *only) == 3
    out, err = capsys.readouterr()
    assert Path(out.strip()).is_relative_to(tmp_path / "results") and out.count("\n") == 1
    assert out.strip().endswith(".jsonl.gz" if only else "report/index.html")
    assert err.splitlines() == ["wrong: matmul.ladder/loop/eager/cpu/5x784x10/1: it is"]


def test_an_interrupted_run_says_so_even_when_it_is_to_be_quiet(measured: Callable[..., int], capsys: Out):
    assert measured(failing(partial=True), "run", "-k", "row_sum", "--quiet") == 130
    assert "--resume" in capsys.readouterr().err


def test_a_tensorboard_that_cannot_be_imported_loses_only_its_logs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Out
):
    def broken(*_: object) -> None:
        raise ModuleNotFoundError("TensorBoard is not installed")

    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr(_shown.tensorboard, "write", broken)
    assert not _shown._tensorboard(made.small(), tmp_path)
    assert capsys.readouterr().err == f"no log for TensorBoard below {tmp_path}: TensorBoard is not installed\n"


def test_a_great_many_failures_are_not_all_told_twice(measured: Callable[..., int], capsys: Out):
    run = made.realistic()
    records = tuple(dataclasses.replace(one, status="error", reason="r", launches=(), trace="") for one in run.records)
    assert measured(dataclasses.replace(run, records=records), "run", "-k", "row_sum") == 3
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 2 + _shown.MOST and err[-1].startswith(f"and {len(records) - _shown.MOST} more cells")


@pytest.mark.parametrize("partial", [False, True])
def test_a_report_of_a_run_with_failures_ends_well(tmp_path: Path, capsys: Out, drawn: None, partial: bool):
    path = write(failing(partial=partial), tmp_path)
    assert cli.main(["report", str(path), "--results", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "wrong: it is" in out and err == "wrong: matmul.ladder/loop/eager/cpu/5x784x10/1: it is\n"


def test_a_report_of_very_many_cells_is_a_page_or_everything_or_a_path(
    tmp_path: Path, capsys: Out, drawn: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(terminal, "MANY", 100)
    run = made.realistic()
    untraced = tuple(dataclasses.replace(record, trace="") for record in run.records)
    path = write(dataclasses.replace(run, records=untraced), tmp_path)
    printed = {}
    for how in ("", "--all", "--quiet"):
        assert cli.main(["report", str(path), "--results", str(tmp_path), *filter(None, [how])]) == 0
        printed[how] = capsys.readouterr().out.splitlines()
    assert len(printed["--quiet"]) == 1 < len(printed[""]) <= 80 < len(printed["--all"])
    assert printed["--all"][-2:] == printed[""][-2:]


def test_all_and_quiet_exclude_each_other(capsys: Out):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["report", "--all", "--quiet"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(("variables", "viewer"), [({}, "python -m tensorboard.main --logdir"), ({"N": "1"}, "nox -s")])
def test_a_profile_ends_with_what_it_made(
    measured: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Out,
    variables: dict[str, str],
    viewer: str,
):
    run = failing()
    traced = dataclasses.replace(run.records[1], trace="profile/r/mm/trace.json.gz")
    (tmp_path / "results/profile/r/mm").mkdir(parents=True)
    operators = {"steps": 1, "notes": [], "operators": [{"name": "aten::mm", "calls": 1, "self_cpu_us": 5.0}]}
    (tmp_path / "results/profile/r/mm/operators.json").write_text(json.dumps(operators))
    monkeypatch.setattr(_shown, "_tensorboard", lambda *_: True)
    monkeypatch.setattr(_arguments, "RESULTS", tmp_path / "results")
    monkeypatch.delenv("NOX_CURRENT_SESSION", raising=False)
    if variables:
        monkeypatch.setenv("NOX_CURRENT_SESSION", "profile")
    monkeypatch.chdir(tmp_path)
    whole = dataclasses.replace(run, records=(run.records[0], traced))
    assert measured(whole, "profile", "-k", "row_sum") == 3
    out = capsys.readouterr().out
    end = out[out.index("\nTraces  ") :]
    assert "\nresults/profile/r/mm/trace.json.gz\n" in end and "aten::mm" in end and "https://ui.perfetto.dev" in end
    assert f"open all     {viewer}" in end
    assert measured(whole, "run", "-k", "row_sum") == 3
    assert "\nTraces  " not in capsys.readouterr().out


def test_why_there_is_no_commit_is_said_once(
    measured: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: Out
):
    monkeypatch.setattr(commits, "uncommitted", lambda root: ("git does not trust it", "git config --this"))
    real = SimpleNamespace
    monkeypatch.setattr(
        sys.modules[__name__],
        "SimpleNamespace",
        lambda **more: real(**{**more, "head": {"commit": ""}} if "head" in more else more),
    )
    measured(failing(), "run", "-k", "row_sum")
    said = capsys.readouterr().err
    assert said.count("no commit in the record of this run: git does not trust it; git config --this\n") == 1


# -- the commands ------------------------------------------------------------------------------------------------------


def test_every_module_of_commands_is_one_and_the_other_way_round():
    modules = {path.stem for path in (catalogue.ROOT / "perfsuite/runners/commands").glob("[!_]*.py")}
    assert modules == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(capsys: Out, name: str):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"python -m benchmarks {name}" in out and COMMANDS[name].split()[0] in out
    alone = getattr(importlib.import_module(f"perfsuite.runners.commands.{name}"), "ALONE", False)  # writes files only
    assert ("--json" in out) != alone


def test_help_imports_no_command():
    """So that it is there at once: what a command needs is imported when that is asked for."""
    code = "import sys; from perfsuite.runners import cli\ntry: cli.main(['--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=catalogue.ROOT, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "perfsuite.runners.cli" in loaded
    assert not {name.split(".")[0] for name in loaded} & {"torch", "numpy", "pandas", "psutil", "reports"}
    assert {name for name in loaded if name.startswith("perfsuite.runners.commands.")} == {
        "perfsuite.runners.commands._arguments"
    }


# -- whatever it is that is printed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raised", [ValueError(NASTY), FileNotFoundError(2, NASTY), OSError(5, "io", NASTY), Fault("crashed", NASTY, "")]
)
def test_a_complaint_is_one_harmless_line(monkeypatch: pytest.MonkeyPatch, capsys: Out, raised: Exception):
    def broken(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(catalogue, "all_cells", broken)
    assert cli.main(["list"]) in (2, 3)
    err = capsys.readouterr().err
    harmless(err)
    assert err.count("\n") == 1 and r"\x1b[31m" in err


@pytest.mark.parametrize(
    "arguments", [["list", "-k", NASTY], ["report", NASTY[:200]], ["keep", NASTY[:200]], ["bisect", "a", "b", NASTY]]
)
def test_what_was_typed_is_told_harmlessly(capsys: Out, arguments: list[str]):
    assert cli.main(arguments) == 2
    harmless(capsys.readouterr().err)


@pytest.mark.parametrize("seed", ["x", "-5", "1.5", str(2**48), "9" * 23])
def test_a_seed_that_no_run_tells_is_refused(capsys: Out, seed: str):
    """What is larger would be written into a record that nobody can read."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--seed", seed])
    assert ended.value.code == 2
    assert f"{seed} is not a seed of a run: seeds are at least 0 and below 2^48" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[NASTY], ["run", NASTY], ["run", "--launches", NASTY], ["list", "--tree", NASTY[:99]]]
)
def test_what_does_not_parse_is_told_harmlessly(capsys: Out, arguments: list[str]):
    with pytest.raises(SystemExit):
        cli.main(arguments)
    harmless(capsys.readouterr().err)


def test_a_run_is_told_harmlessly(measured: Callable[..., int], capsys: Out):
    run = failing(selection=NASTY, left_out=NASTY, commit=NASTY)
    bad = dataclasses.replace(run.records[0], reason=NASTY)
    whole = dataclasses.replace(run, records=(bad, run.records[1]))
    long = tuple(dataclasses.replace(one, title=NASTY, question=NASTY) for one in whole.problems)
    assert measured(dataclasses.replace(whole, problems=long), "run", "-k", "row_sum") == 3
    out, err = capsys.readouterr()
    harmless(out)
    harmless(err)
    json.dumps(terminal.document(run), allow_nan=False).encode("ascii")


def test_cells_and_rows_are_told_harmlessly(monkeypatch: pytest.MonkeyPatch, capsys: Out):
    monkeypatch.setattr(catalogue, "all_cells", lambda tree: [NASTY])
    monkeypatch.setattr(rows, "table", lambda tree: f"{NASTY}\n{NASTY}")
    for arguments in (["list"], ["list", "--rows"]):
        assert cli.main(arguments) == 0
        harmless(capsys.readouterr().out, 30_000)


def test_the_doctor_is_harmless(monkeypatch: pytest.MonkeyPatch, capsys: Out):
    monkeypatch.setattr(doctor, "CHECKS", (lambda place: iter([Finding("note", "CC", NASTY, NASTY)]),))
    assert cli.main(["doctor"]) == 0
    harmless(capsys.readouterr().out)


def compared_with(text: str) -> compared.Comparison:
    """A comparison whose every name and reason is ``text``."""
    names = ("SLOWER", "ERROR", "INCOMPARABLE", "UNDECIDED")
    found = [
        Row(text, name, text if name != "SLOWER" else "", 1.1, 1.0, 1.2, 11, 4.0, 3, -9, 0.01, 0.003, 8e-6)
        for name in names
    ]
    side = {"label": text, "commit": text, "hash": "x", "requirements": [text], "packages": [text]}
    return compared.Comparison(
        run="20261122-120000-abcd",
        started="2026-11-22T12:00:00+00:00",
        seconds=40.0,
        partial=False,
        base=side,
        head={**side, "requirements": []},
        options=compared.Options(cells=(), selection=text, command=text),
        rule=None,
        machine={},
        machine_class="m",
        epochs=11,
        control={},
        rows=tuple(found),
        skipped={text: text},
    )


def test_verdicts_are_told_harmlessly():
    found = compared_with(NASTY)
    for text in (
        compared_terminal.text(found, every=True, color=False, width=100),
        compared_terminal.text(
            dataclasses.replace(found, base={**found.base, "packages": []}), every=True, color=False, width=100
        ),
        markdown.text(found),
        compared_terminal.creep(found, [found]),
    ):
        harmless(text)


def test_bisect_is_told_harmlessly(monkeypatch: pytest.MonkeyPatch, capsys: Out):
    answer = bisect.Answer(NASTY, NASTY, (NASTY,))
    monkeypatch.setattr(bisect, "find", lambda *_: (answer, Row("c", "SLOWER", "", 1.1)))
    monkeypatch.setattr(bisect.trees, "git", lambda *_: NASTY)
    assert cli.main(["bisect", "a", "b", "matmul.ladder/mm/eager/cpu/8/1"]) == 0
    harmless(capsys.readouterr().out, 50_000)


def test_tables_of_records_are_told_harmlessly(monkeypatch: pytest.MonkeyPatch, capsys: Out, tmp_path: Path):
    monkeypatch.setattr(calibrate, "load", lambda path: [])
    monkeypatch.setattr(rates, "table", lambda found: f"{NASTY}\n")
    assert cli.main(["calibrate", "--table", "--record", str(tmp_path / "r")]) == 0
    harmless(capsys.readouterr().out)


def test_harmless_means_what_it_says():
    for bad in ("\x1b", "\r", "\x07", "\udc80", "\u202e", "\x9b"):
        with pytest.raises(AssertionError):
            harmless(f"a{bad}b")
    harmless(visible(NASTY[:100]))


# -- a terminal that shows ASCII only ----------------------------------------------------------------------------------

ASCII = [
    pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="locale"),
    pytest.param({"PYTHONIOENCODING": "ascii"}, id="encoding"),
]


def in_ascii(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, whose output must be ASCII."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, env=environment, cwd=catalogue.ROOT, timeout=600, check=False)
    done.stdout.decode("ascii"), done.stderr.decode("ascii")
    assert b"Traceback" not in done.stderr and b"codec" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("variables", ASCII)
def test_a_report_is_shown_in_ascii(tmp_path: Path, variables: dict[str, str]):
    done = in_ascii(variables, "report", str(EXAMPLE), "--results", str(tmp_path / "é"))
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "time us" in text and "x best" in text and "+ K16  verified" in text
    assert "×" in (tmp_path / "é" / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], 0),
        (["run", "--help"], 0),
        (["doctor"], 0),
        (["compare", "é×", "HEAD"], 2),
        (["report", "é×"], 2),
        (["é×"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_any_command_speaks_ascii(arguments: list[str], code: int):
    done = in_ascii(ASCII[0].values[0], *arguments)
    assert done.returncode == code, done.stderr
    assert done.stdout or done.stderr


@pytest.mark.slow
def test_a_run_is_measured_and_shown_in_ascii(tmp_path: Path):
    results = str(tmp_path / "é")
    words = ["run", "-k", "matmul.ladder/mm/eager/cpu/8/1", "--launches", "1", "--budget", "0.01", "--results", results]
    done = in_ascii(ASCII[0].values[0], *words)
    assert done.returncode == 0, done.stderr
    assert b"time ns" in done.stdout or b"time us" in done.stdout
    assert len([*(tmp_path / "é" / index.PLACE).iterdir()]) == 1, "what a history needs of the record"
