"""A comparison on several machines: the verdicts of one machine, with the correction for all cells."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import own
import pytest
import several

from perfsuite.judging import comparisons, opening, shards, verdicts
from perfsuite.judging.proving import Proof
from perfsuite.judging.record import Comparison, Options
from perfsuite.judging.stage import Stage
from perfsuite.model.shard import Shard
from perfsuite.pairing import sequential
from perfsuite.pairing.sequential import Judge, Rule
from perfsuite.project import catalogue
from perfsuite.runners import cli
from perfsuite.running.progress import Progress
from perfsuite.sharding import engines, folder, split

CELL = "matmul.ladder/v{}/eager/cpu/64/1"
SLOW, SAME = [0.05] * 12, [0.0] * 6
XS = {CELL.format(at): xs for at, xs in enumerate((SLOW, SAME, [-0.05] * 12, SAME, [0.0] * 3, SAME, SAME))}
CHOSEN = "eager and cpu and ((row_sum and 50x10) or (ladder and 5x784x10))"
Xs = dict[str, list[float]]


def journal(folder: Path, xs: Xs, every: Sequence[str] = (), part: tuple[int, int] | None = None, **options: Any):
    """The journal of a comparison, or of the shard of it that has ``xs``, of ``every`` cell."""
    side = {"label": "b", "commit": "", "path": "", "hash": "h"}
    facts: dict[str, Any] = {"base": side, "head": {**side, "hash": "i"}, "folder": "f", "machine": {}}
    facts |= {"machine_class": "xeon-2c", "malloc": {}}
    if part:
        at = tuple(every.index(cell) for cell in xs)
        of = Shard(
            *part, at, len(every), ("matmul.ladder",), split.hashed(every), {"torch": "2"}, node=f"node{part[0]}"
        )
        facts["shard"] = dataclasses.asdict(of)
        options = {"together": len(every), **options}
    asked = Options(cells=tuple(xs), selection="", command="compare", **options)
    book = comparisons.begin(folder, asked, facts)
    for cell in xs:
        book.add("proof", cell=cell, verdict="", reason="", seconds=1.0, call=1e-5)
    rule = Rule(max(len(xs), asked.together), asked.alpha, asked.delta)
    book.add("rule", rule=dataclasses.asdict(rule))
    for cell, values in xs.items():
        for x in values:
            rest = {"blocks": [x], "calls": [1, 1], "base": 1e-5, "truth": 0.0, "seconds": 0.1}
            book.add("x", cell=cell, epoch=0, x=x, **rest)
    return book


def ended(book: comparisons.Journal, control: Sequence[float] = ()) -> Path:
    for x in control:
        book.add("control", cell=next(iter(book.found.proofs)), x=x)
    book.add("sitting", seconds=5.0, ended=True)
    book.close()
    return book.path


def parts(folder: Path, xs: Xs = XS, count: int = 3, controls: dict[int, list[float]] | None = None) -> list[Path]:
    """The journals of all shards: the cells dealt out in turns."""
    every, files = list(xs), []
    for number in range(1, count + 1):
        mine = {cell: xs[cell] for cell in every[number - 1 :: count]}
        book = journal(folder / str(number), mine, every, (number, count))
        files.append(ended(book, (controls or {}).get(number, ())))
    return files


def merged(files: Sequence[Path], folder: Path) -> Comparison:
    return verdicts.fold(comparisons.load(shards.merge(files, folder)))


def test_the_merged_verdicts_are_those_of_one_machine(tmp_path: Path):
    whole = verdicts.fold(comparisons.load(ended(journal(tmp_path / "whole", XS))))
    found = merged(parts(tmp_path)[::-1], tmp_path / "merged")
    assert [row.verdict for row in found.rows][:4] == ["SLOWER", "SAME", "FASTER", "SAME"]
    assert (found.rows, found.rule, found.exit_code) == (whole.rows, whole.rule, 1)
    assert found.options == whole.options and found.seconds == 15.0 and not found.partial


def test_where_each_cell_was_compared_is_kept(tmp_path: Path):
    head = comparisons.load(shards.merge(parts(tmp_path), tmp_path)).head
    assert [part["node"] for part in head["shards"]] == ["node1", "node2", "node3"]
    assert sorted(at for part in head["shards"] for at in part["cells"]) == list(range(7))
    assert len({part["run"] for part in head["shards"]}) == 3 and "shard" not in head


def test_a_shard_is_never_taken_for_a_whole_comparison(tmp_path: Path):
    files = parts(tmp_path, count=1)
    assert files[0].parent.name == "shards"
    with pytest.raises(FileNotFoundError):
        verdicts.latest(tmp_path / "1")
    with pytest.raises(ValueError, match="nothing to resume"):
        comparisons.resume(tmp_path / "1")


def test_a_shard_stops_by_the_bar_for_all_cells(tmp_path: Path):
    """The first pass writes the rule: for the cells of all shards, and without shards for those that run."""
    rules = []
    for together in (0, 40):
        book = comparisons.begin(
            tmp_path,
            Options(cells=(CELL.format(0),), selection="", command="", together=together),
            journal_facts(tmp_path),
        )
        book.add("proof", cell=CELL.format(0), verdict="", reason="", call=1e-5)
        one = Stage(book, Progress())
        Proof(one, lambda: None, lambda: None).prove()
        one.close()
        book.close()
        rules.append(book.found.rule)
    assert [rule.cells for rule in rules if rule] == [1, 40]


def journal_facts(folder: Path) -> dict[str, Any]:
    side = {"label": "", "commit": "", "path": "", "hash": ""}
    return {
        **{"base": side, "head": side, "folder": str(folder), "machine": {}, "machine_class": "m", "malloc": {}},
    }


def test_cells_that_alone_miss_the_bar_are_listed_among_all_of_them(tmp_path: Path):
    """Nine epochs of +5 % on two cells are enough among four cells, and too few among forty, wherever these run."""
    xs = {CELL.format(0): [0.05] * 9, CELL.format(1): [0.05] * 9, CELL.format(2): SAME, CELL.format(3): SAME}
    few = merged(parts(tmp_path / "few", xs, 2), tmp_path)
    assert [row.verdict for row in few.rows] == ["SLOWER", "SLOWER", "SAME", "SAME"]
    many = {**xs, **{CELL.format(at): SAME for at in range(4, 40)}}
    files = parts(tmp_path / "many", many, 20)
    assert merged(files, tmp_path).count("SLOWER") == 0
    alone = verdicts.fold(comparisons.load(files[0]))  # has two of the cells, and one that is slower
    assert alone.count("SLOWER") == 0 and len(alone.rows) == 2


def test_a_control_that_fires_takes_back_the_verdicts_of_its_machine_only(tmp_path: Path):
    found = merged(parts(tmp_path, controls={1: [0.0, 0.001, -0.001] * 4, 2: [0.02] * 14}), tmp_path)
    told = {row.cell: row.verdict for row in found.rows}
    assert [cell for cell, verdict in told.items() if verdict == "UNTRUSTED"] == [*XS][1::3]
    assert found.exit_code == 5


def test_the_controls_of_all_machines_have_one_error_rate(tmp_path: Path):
    """Evidence that suffices for one control is too weak where there are three: each would fire by chance."""
    bar = -math.log(verdicts.CONTROL)
    xs = [0.02] * next(n for n in range(1, 60) if sequential.evidence([0.02] * n, 0.0, above=True) >= bar)
    assert merged(parts(tmp_path / "one", count=1, controls={1: xs}), tmp_path).count("UNTRUSTED") == 7
    assert merged(parts(tmp_path / "three", controls={2: xs}), tmp_path).count("UNTRUSTED") == 0


def test_false_alarms_are_as_rare_as_on_one_machine():
    """Cells at the edge of the tolerance, each stopped by the bar of its shard, all judged by that of the whole."""
    draw, alpha, cells, times = random.Random(5), 0.2, 9, 150
    alarms = 0
    for _ in range(times):
        comparable = draw.randint(1, cells)  # some turn out not to be, and no shard knows of the others
        strict, whole = Rule(cells, alpha), Rule(comparable, alpha)
        alarms += any(_alarm(draw, strict, whole) for _ in range(comparable))
    assert alarms / times <= alpha


def _alarm(draw: random.Random, strict: Rule, whole: Rule) -> bool:
    judges = [Judge(strict), Judge(whole)]
    while len(judges[0].xs) < 40 and judges[0].finding.verdict == "UNDECIDED":
        x = math.log1p(strict.tolerance) + draw.gauss(0, 0.01)
        for judge in judges:
            judge.add(x)
    return judges[1].finding.verdict == "SLOWER"


def opened(results: Path, head: Path, shard: tuple[int, int] | None, **options: Any) -> comparisons.Found:
    asked = Options(cells=(), selection=CHOSEN, command="", **options)
    book = opening.start(asked, results, str(catalogue.IMPLS), str(head), shard=shard)
    book.close()
    return book.found


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """A copy of the tree in which one component is another."""
    copy = tmp_path / "head" / "impls"
    shutil.copytree(catalogue.IMPLS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "matmul" / "ladder.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n\nMORE = 1\n", encoding="utf-8")
    return copy


def test_shards_hold_all_cells_once_and_groups_whole(tmp_path: Path, head: Path):
    whole = opened(tmp_path, head, None, equal=True)
    found = [opened(tmp_path, head, (number, 2), equal=True) for number in (1, 2)]
    cells = [one.options.cells for one in found]
    assert sorted(cells[0] + cells[1]) == sorted(whole.options.cells) and all(cells)
    groups = [{tuple(cell.split("/")[0:1] + cell.split("/")[3:]) for cell in mine} for mine in cells]
    assert not groups[0] & groups[1], "rivals stay together"
    assert [one.options.together for one in found] == [len(whole.options.cells)] * 2
    for one, mine in zip(found, cells, strict=True):
        assert [whole.options.cells[at] for at in one.head["shard"]["cells"]] == list(mine)
    with pytest.raises(ValueError, match="--shards 99 is too many"):
        opened(tmp_path, head, (1, 99))
    with pytest.raises(ValueError, match="--shard 3 is out of range"):
        opened(tmp_path, head, (3, 2))


def test_cells_with_the_same_code_do_not_count_in_the_correction(tmp_path: Path, head: Path):
    whole = opened(tmp_path, head, None)
    timed = len(whole.options.cells) - len(whole.proofs)
    found = [opened(tmp_path, head, (number, 2)) for number in (1, 2)]
    assert 0 < timed < len(whole.options.cells)
    assert [one.options.together for one in found] == [timed, timed]
    assert {**found[0].proofs, **found[1].proofs}.keys() == whole.proofs.keys()


def called(capsys: pytest.CaptureFixture[str], *words: object, code: int = 2) -> str:
    """What a command prints; where it is a usage error, its one line."""
    found = cli.main([*map(str, words)])
    out, err = capsys.readouterr()
    assert found == code, (found, err)
    if code == 2:
        assert out == "" and err.count("\n") == 1, (out, err)
    return err if code == 2 else out


def put(*names: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(head: dict[str, Any]) -> None:
        for name in names[:-1]:
            head = head[name]
        head[names[-1]] = value

    return change


CHANGES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (put("machine_class", value="other-4c"), "machine class is xeon-2c in"),
    (put("base", "hash", value="beef"), "hash of BASE is h in"),
    (put("head", "hash", value="beef"), "hash of HEAD is i in"),
    (put("head", "packages", value=["x==1"]), "packages of HEAD is None in"),
    (put("options", "alpha", value=0.05), "option alpha is 0.01 in"),
    (put("options", "budget", value=9.0), "option budget is 0.0 in"),
    (put("shard", "options", value={"torch": "3"}), "software torch is 2 in"),
    (put("shard", "selected", value="0" * 16), "hash of the selected cells is"),
    (put("shard", "total", value=8), "split is 3 shards of 7 cells in"),
    (put("shard", "number", value=1), "shard 1 of 3 is in"),
    (put("shard", "cells", value=[0, 4]), "cell 1 is in"),
    (put("shard", "cells", value=[1]), "is damaged: its shard has 1 cells"),
    (put("shard", "number", value=4), "shards[0].number: must be 1 to 3, is 4"),
    (lambda head: head.pop("shard"), "holds a whole comparison: merge only journals of `compare --shards N"),
]


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[told for _, told in CHANGES])
def test_what_does_not_belong_together_is_refused(
    change: Callable[[dict[str, Any]], Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = parts(tmp_path)
    first, *rest = files[1].read_text().splitlines(keepends=True)
    data = json.loads(first)
    change(data)
    files[1].write_text("".join([json.dumps(data) + "\n", *rest]))
    assert told in called(capsys, "merge", *files, "--results", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_cells_that_are_not_those_selected_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = parts(tmp_path)
    files[1].write_text(files[1].read_text().replace(CELL.format(1), CELL.format(9)))
    assert "are not those that were selected" in called(capsys, "merge", *files)


def test_what_is_missing_or_interrupted_or_of_another_kind_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = parts(tmp_path / "parts")
    err = called(capsys, "merge", files[0], files[2])
    assert "shard 2 of 3 missing: measure with `compare --shards 3 --shard 2` and the same options" in err
    run = files[1].stem
    files[1].write_text("".join(files[1].read_text().splitlines(keepends=True)[:-1]))
    err = called(capsys, "merge", tmp_path / "parts")
    assert f"was interrupted: finish it first, with `compare --shards 3 --shard 2 --resume {run}`" in err
    record = several.shards(tmp_path / "records")[0]
    assert "merge each kind apart" in called(capsys, "merge", files[0], record)


def test_merge_shows_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    parts(tmp_path / "parts")
    words = ("merge", tmp_path / "parts", "--results", tmp_path / "results")
    out = called(capsys, *words, "--all", code=1)
    assert "1 slower, 1 faster" in out and "comparisons of 7 unchanged cells" in out
    assert "SLOWER" in called(capsys, *words, "--markdown", code=1)
    told = json.loads(called(capsys, *words, "--json", code=1))
    assert told["counts"]["SLOWER"] == 1 and told["run"] == verdicts.latest(tmp_path / "results").stem
    called(capsys, *words, "-o", tmp_path / "out.jsonl", code=1)
    assert comparisons.load(tmp_path / "out.jsonl").shards == 3
    assert "exists, and is not replaced" in called(capsys, *words, "-o", tmp_path / "out.jsonl")


def test_a_shard_is_resumed_by_its_numbers(tmp_path: Path):
    book = journal(tmp_path, {CELL.format(0): [0.0]}, list(XS), (1, 3))
    book.close()
    with pytest.raises(ValueError, match=f"comparison {book.path.stem} is shard 1 of 3: resume it with these"):
        comparisons.resume(tmp_path, shard=(2, 3))
    again = comparisons.resume(tmp_path, shard=(1, 3))
    again.close()
    assert again.path == book.path and again.found.rule == Rule(7)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shards", "3"], "--shards 3 needs --shard"),
        (["--shards", "3", "--shard", "4"], "--shard 4 is out of range"),
        (["--shard", "1"], "--shard 1 needs --shards"),
        (["--shards", "3", "--shard", "1", "--anchor", "v1"], "--anchor v1 does not go with --shards"),
        (["--slurm", "a=b"], "--slurm a=b needs --engine slurm"),
        (["--engine", "local"], "--engine local needs --shards"),
        (["--engine", "local", "--resume", "nothing"], "no sharded run 'nothing' in"),
        (["--shards", "3", "--shard", "1", "--resume"], "no interrupted comparison in"),
    ],
)
def test_what_cannot_be_spread_is_told_in_one_line(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert told in called(capsys, "compare", *words, "--results", tmp_path / "results")
    assert not (tmp_path / "results").exists()


class Copying(several.Ended):
    """An engine whose jobs leave behind journals that exist; it keeps their commands."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.words: list[list[str]] = []

    def submit(self, words: Sequence[str], attempt: Path, seconds: float) -> str:
        self.words.append([*words])
        target = attempt / "compare" / "shards" / "x.jsonl"
        target.parent.mkdir(parents=True)
        content = self.files[int(words[words.index("--shard") + 1]) - 1].read_bytes()
        target.write_bytes(content if len(self.words) != 2 else content[: content.rfind(b"\n", 0, -1) + 1])  # not ended
        return f"job{len(self.words)}"


def test_an_engine_runs_all_shards_again_where_lost_and_shows_the_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    engine = Copying(parts(tmp_path / "made"))
    monkeypatch.setattr(engines, "engine", lambda name, slurm: engine)
    words = ["HEAD~1", "HEAD", "--only", "a or b", "--alpha", "0.02", "--apart", "--time-equal", "--shards", "3"]
    out = called(capsys, "compare", *words, "--engine", "local", "--results", tmp_path / "results", code=1)
    assert "1 slower, 1 faster" in out and len(engine.words) == 4
    asked = engine.words[0][engine.words[0].index("compare") :]
    assert {"HEAD~1", "HEAD", "a or b", "0.02", "--apart", "--time-equal"} <= {*asked} and "--engine" not in asked
    assert not list((tmp_path / "results" / "shards").iterdir())


def test_what_is_resumed_is_a_comparison(tmp_path: Path):
    mine = folder.begin(tmp_path, ("compare",), "", (1.0,), shards.RESULT)
    folder.begin(tmp_path, ("run",), "", (1.0,))
    assert folder.resume(tmp_path, result=shards.RESULT) == mine


@pytest.mark.long
def test_a_planted_change_is_found_on_its_machine_and_nothing_else(tmp_path: Path):
    root = several.repository(tmp_path / "one")
    core = own.FILES["src/mylib/core.py"]
    slow = core.replace('"""The work that the component names."""', '"""Slower."""\n    helper.summed(x)')
    own.commit(root, "slower", {"src/mylib/core.py": slow})
    words = ("compare", "HEAD~1", "HEAD", "--only", "eager and cpu", "--time-equal", "--budget", "60")
    done = own.perfsuite(root, *words, "--shards", "2", "--engine", "local", "--json", check=1, seconds=560)
    found = json.loads(done.stdout)
    slower = {row["cell"].split("/")[1] for row in found["rows"] if row["verdict"] == "SLOWER"}
    assert slower == {"work"} and found["counts"]["FASTER"] == 0
    head = comparisons.load(verdicts.latest(root / "results")).head
    assert len(head["shards"]) == 2 and found["rule"]["cells"] == len(head["options"]["cells"])
