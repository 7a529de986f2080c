"""What changed between two records: nothing is claimed that the machine, the packages or chance explain."""

from __future__ import annotations

import dataclasses
import html
import json
import random
import re
from pathlib import Path
from typing import Any

import made
import own
import pytest
from test_report_page import Parsed

from perfsuite.model.record import Launch, Problem, Record, Roof, Run, Variant
from perfsuite.records import store
from perfsuite.reporting.changes import confirming, facts, output, terminal
from perfsuite.reporting.changes.found import Change, Changes, between
from perfsuite.reporting.html import page
from perfsuite.reporting.html.sections import changes as section
from perfsuite.runners import cli
from perfsuite.runners.commands import _shown

Out = pytest.CaptureFixture[str]
LATER = {"run": "20261122-235000-aaaa", "started": "2026-11-22T23:50:00Z", "tree": "other"}
ROOF = Roof("L2", "1", "cpu", 100e9, 90e9, "B/s", "add")


def record(name: str, medians: list[float], status: str = "ok", **changes: Any) -> Record:
    launches = tuple(Launch(number, 1, 0.0, 0.0, (0.0,), (value,)) for number, value in enumerate(medians))
    found = Record(f"a.b/{name}/eager/cpu/c/1", status, dtype="float32", launches=launches)
    return dataclasses.replace(found, **changes)


def run(cells: dict[str, list[float]], edited: tuple[str, ...] = (), **changes: Any) -> Run:
    """A run of one component with these launch medians; the functions that are ``edited`` have another source."""
    variants = tuple(Variant(name, "", "", "", f"{name}{' edited' * (name in edited)}") for name in cells)
    problem = Problem("a.b", "Title", "Question?", (), next(iter(cells)), "1", variants, ("c",))
    records = tuple(record(name, medians) for name, medians in cells.items())
    return made.run((problem,), records, **{"roofs": (ROOF,), "dirty": False, **changes})


def launches(source: random.Random, middle: float = 1e-5, spread: float = 0.01) -> list[float]:
    return [middle * source.lognormvariate(0, spread) for _ in range(6)]


def planted(factor: float = 2.0, cells: int = 8) -> tuple[Run, Run]:
    """Two runs of the same cells, of which the last has become slower by this factor."""
    source = random.Random(5)
    names = [f"v{at}" for at in range(cells)]
    old = run({name: launches(source) for name in names})
    after = {name: launches(source, 1e-5 * (factor if name == names[-1] else 1)) for name in names}
    return old, run(after, edited=(names[-1],), **LATER)


def verdicts(found: Changes) -> dict[str, str]:
    return {row.cell.split("/")[1]: row.verdict for row in found.rows}


def row(found: Changes, name: str) -> Change:
    return next(one for one in found.rows if one.cell.split("/")[1] == name)


# -- what is claimed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "slower"), (0.5, "faster")])
def test_a_cell_that_changed_is_first_and_the_others_are_not_claimed(factor: float, verdict: str):
    found = between(*planted(factor))
    assert found.rows[0].cell == "a.b/v7/eager/cpu/c/1" and found.rows[0].verdict == verdict
    assert found.rows[0].ratio.low < factor < found.rows[0].ratio.high
    assert {one.verdict for one in found.rows[1:]} == {"unclear"}


def test_where_nothing_changed_hardly_anything_is_claimed():
    """Six launches each, and no change: the intervals exclude 1 as seldom as they say."""
    source = random.Random(11)
    names = [f"v{at}" for at in range(3000)]
    old, new = (run({name: launches(source, spread=0.05) for name in names}, edited=tuple(names)) for _ in range(2))
    found = between(old, dataclasses.replace(new, **LATER, problems=old.problems[:0] + new.problems))
    assert found.by_chance == pytest.approx(3000 * 2 / 924)
    assert 0 < found.excluded < 3 * found.by_chance
    assert found.count("slower") + found.count("faster") <= found.excluded


def test_the_largest_change_of_a_kind_comes_first():
    source = random.Random(9)
    factors = {"a": 1.0, "b": 2.0, "c": 0.2, "d": 9.0, "e": 0.6, "f": 0.1}
    old = run({name: launches(source) for name in factors})
    new = run({name: launches(source, 1e-5 * factor) for name, factor in factors.items()}, tuple("bcdef"), **LATER)
    assert verdicts(between(old, new)) == dict.fromkeys("db", "slower") | dict.fromkeys("fce", "faster") | {
        "a": "unclear"
    }
    assert "".join(verdicts(between(old, new))) == "dbfcea"


@pytest.mark.parametrize("factor", [1.3, 1 / 1.3])
@pytest.mark.parametrize(("known", "claimed"), [(True, False), (False, True)])
def test_a_machine_that_is_slower_as_a_whole_slows_no_cell(known: bool, claimed: bool, factor: float):
    """Each run has its hour, in which all takes longer: controls show it, the intervals alone do not."""
    source = random.Random(2)
    names = [f"v{at}" for at in range(100)]
    old = run({name: launches(source) for name in names}, edited=() if known else tuple(names))
    new = run({name: launches(source, factor * 1e-5 * source.lognormvariate(0, 0.02)) for name in names}, **LATER)
    found = between(old, new)
    assert bool(found.controls) == known and found.excluded > 90
    told = found.count("slower") + found.count("faster")
    assert (told > 50) == claimed
    if known:
        assert told <= 0.05 * len(names)
        assert found.controls[0].cells == 100 and found.controls[0].middle == pytest.approx(factor, rel=0.02)
        assert {one.why for one in found.rows if one.verdict == "unclear"} == {"within the drift"}


def test_a_cell_may_not_change_by_less_than_its_floor_did():
    """Memory has become half as fast, which its roof shows."""
    source = random.Random(4)
    cells = {"v": launches(source)}
    declared = {"bytes": 400_000, "flops": 0}

    def measured(cells: dict[str, list[float]], roof: Roof, **changes: Any) -> Run:
        whole = run(cells, edited=("v",) if changes else (), roofs=(roof,), **changes)
        return dataclasses.replace(whole, records=tuple(dataclasses.replace(one, **declared) for one in whole.records))

    old = measured(cells, ROOF)
    slower = {"v": launches(source, 1.8e-5)}
    half = dataclasses.replace(ROOF, typical=45e9)  # the best burst was as fast as before
    assert verdicts(between(old, measured(slower, ROOF, **LATER))) == {"v": "slower"}
    found = between(old, measured(slower, half, **LATER))
    assert verdicts(found) == {"v": "unclear"} and found.rows[0].drift == pytest.approx(2)
    assert found.roofs[0].longer == pytest.approx(2)


def test_the_size_of_a_cache_is_no_speed():
    old, new = planted()
    sizes = (Roof("L2 size", "1", "cpu", size, size, "B", "as the system tells") for size in (2.0**20, 2.0**21))
    found = between(
        *(dataclasses.replace(one, roofs=(ROOF, size)) for one, size in zip((old, new), sizes, strict=True))
    )
    assert [one.new.name for one in found.roofs] == ["L2"]


def test_a_roof_of_another_device_or_of_threads_that_the_cell_has_not_is_not_its_drift():
    source = random.Random(4)
    cells = {"v": launches(source)}
    for roof in (dataclasses.replace(ROOF, device="cuda"), dataclasses.replace(ROOF, threads="all")):
        half = dataclasses.replace(roof, typical=45e9)
        later = run({"v": launches(source, 1.8e-5)}, ("v",), roofs=(ROOF, half), **LATER)
        found = between(run(cells, roofs=(ROOF, roof)), later)
        assert verdicts(found) == {"v": "slower"}, roof
    found = between(
        run(cells, roofs=(ROOF,)), run(cells, ("v",), roofs=(dataclasses.replace(ROOF, typical=9e9),), **LATER)
    )
    assert found.rows[0].drift == pytest.approx(10), "without a floor of its own, the roof that moved most"


@pytest.mark.parametrize(("number", "verdict"), [(1, "unclear"), (4, "unclear"), (5, "slower"), (6, "slower")])
def test_too_few_launches_decide_nothing(number: int, verdict: str):
    old, new = (run({"v": [start + 1e-8 * at for at in range(number)]}) for start in (1e-5, 3e-5))
    found = between(old, dataclasses.replace(new, **LATER, problems=planted()[1].problems))
    assert verdicts(found) == {"v": verdict}
    assert ("too few launches" in found.rows[0].why) == (verdict == "unclear")
    text = terminal.text(found, False, 200, every=True)
    assert ("confidence of at least" in text) == (number > 1)


@pytest.mark.parametrize("what", [{"flops": 7}, {"bytes": 9}, {"dtype": "float64"}, {"size": 3}])
def test_a_cell_with_other_work_is_not_judged(what: dict[str, Any]):
    old, new = planted()
    last = dataclasses.replace(new.records[-1], **what)
    found = between(old, dataclasses.replace(new, records=(*new.records[:-1], last)))
    assert row(found, "v7").verdict == "other work" and found.rows[-1].cell == last.cell
    assert next(iter(what)) in row(found, "v7").why
    assert found.by_chance == pytest.approx(7 * 2 / 924)


def test_a_component_of_another_version_is_other_work():
    old, new = planted()
    found = between(old, dataclasses.replace(new, problems=(dataclasses.replace(new.problems[0], version="2"),)))
    assert set(verdicts(found).values()) == {"other work"} and not found.controls
    assert "version 1 and 2 of the component" in found.rows[0].why


def test_nothing_is_claimed_where_nothing_tells_how_far_the_machine_moved():
    old, new = (dataclasses.replace(one, roofs=()) for one in planted())
    assert row(between(old, new), "v7").verdict == "slower", "controls tell"
    found = between(old, other(new, python="3"))
    assert set(verdicts(found).values()) == {"unclear"} and row(found, "v7").drift is None
    assert "neither a roof nor a control" in row(found, "v7").why
    text = terminal.text(found, False, 200, every=True)
    assert "Roofs: the two runs measured none in common." in text and "Controls: none, because the env" in text
    output.page(found), json.dumps(output.document(found))


def test_a_function_that_was_edited_is_no_control():
    found = between(*planted())
    assert [one.same for one in found.rows].count(False) == 1 and not row(found, "v7").same
    assert found.controls[0].cells == 7


# -- what else differs -------------------------------------------------------------------------------------------------


def other(run: Run, **changes: Any) -> Run:
    return dataclasses.replace(run, environment={**run.environment, **changes})


def test_packages_and_the_machine_come_first():
    old, new = planted()
    new = other(new, packages={**new.environment["packages"], "torch": "2.16.0+cpu"}, python="3.12.1")
    new = dataclasses.replace(new, machine={**new.machine, "kernel": "6.2.0", "memory": 2**34})
    found = between(old, new)
    names = [one.name for one in (*found.machine, *found.environment)]
    assert names == ["memory", "kernel", "python", "packages torch"]
    assert not found.controls, "what moved the controls may be the packages"
    lines = terminal.text(found, False, 100).splitlines()
    at = {text: next(number for number, line in enumerate(lines) if text in line) for text in ("kernel", "a.b/v7")}
    assert at["kernel"] < at["a.b/v7"]
    assert "packages torch  2.15.0+cpu" in "\n".join(lines) and "! The environment differs" in "\n".join(lines)


def test_where_caches_are_is_no_difference():
    old, new = planted()
    apart = (
        other(one, variables={"NUMBA_CACHE_DIR": place}) for one, place in zip((old, new), ("/a", "/b"), strict=True)
    )
    assert not between(*apart).environment
    assert [one.name for one in between(old, other(new, variables={"CC": "clang"})).environment][-1] == "variables CC"


def test_cells_that_only_one_run_timed_are_told():
    old, new = planted()
    failed = record("v0", [], "error", reason="it broke")
    new = dataclasses.replace(new, records=(failed, *new.records[2:], record("w", [1e-5] * 6)), selection="-k w")
    new = dataclasses.replace(new, problems=old.problems)
    found = between(old, new)
    assert [one.cell for one in found.lost] == ["a.b/v1/eager/cpu/c/1"]
    assert [one.cell for one in found.gained] == ["a.b/w/eager/cpu/c/1"]
    text = terminal.text(found, False, 120)
    assert "a.b/v0/eager/cpu/c/1  ok → error: it broke" in text
    assert "Only in OLD (quick): 1 cell of 1 component." in text and "Only in NEW (-k w): 1 cell" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"started": "2026-11-20T00:00:00Z"}, "OLD was measured after NEW"),
        ({"partial": True}, "NEW was interrupted"),
        ({"tree": "5eed"}, "The code of both is the same"),
    ],
)
def test_what_a_reader_must_know_first_is_told(change: dict[str, Any], said: str):
    old, new = planted()
    assert said not in terminal.text(between(old, new), False, 200)
    assert said in terminal.text(between(old, dataclasses.replace(new, **change)), False, 200)


# -- what cannot be laid side by side ----------------------------------------------------------------------------------


def test_records_that_cannot_be_compared_are_refused_on_one_line(tmp_path: Path, capsys: Out):
    old, new = planted()
    cores = dataclasses.replace(new, machine={**new.machine, "cores": 8}, machine_class="xeon-8581c-8c")
    foreign = dataclasses.replace(
        made.run(new.problems, ()), **LATER, problems=(dataclasses.replace(new.problems[0], name="x.y"),)
    )
    foreign = dataclasses.replace(foreign, records=(record("v", [1.0]),))
    foreign = dataclasses.replace(
        foreign, records=(dataclasses.replace(foreign.records[0], cell="x.y/v/eager/cpu/c/1"),)
    )
    paths = {name: store.write(one, tmp_path / name) for name, one in (("o", old), ("c", cores), ("f", foreign))}
    copy = store.write(old, tmp_path / "copy")
    noise = tmp_path / "noise.gz"
    noise.write_bytes(b"no record")
    for name, said in (
        (paths["o"], "both records are of run 20261121-235000-3f2a: name two different runs"),
        (copy, "both records are of run 20261121-235000-3f2a"),
        (paths["c"], "xeon-8581c-2c and xeon-8581c-8c are different kinds of machine (cores 2 and 8): compare records"),
        (
            paths["f"],
            "have no cell in common (run 20261121-235000-3f2a has a.b and run 20261122-235000-aaaa has x.y, ...)",
        ),
        (noise, "is not a readable record file"),
        (tmp_path / "nothing", "is neither a record file nor the id of a run below"),
        (Path("20200101-000000-beef"), "20200101-000000-beef is neither a record file nor the id of a run below"),
    ):
        assert cli.main(["report", str(paths["o"]), str(name), "--results", str(tmp_path)]) == 2
        out, err = capsys.readouterr()
        assert said in err and err.count("\n") == 1 and not out, name
    assert not (tmp_path / "report").exists()


def test_the_classes_differ_in_what_the_class_is_made_of():
    old, new = planted()
    assert facts.classes(old, dataclasses.replace(new, machine={**new.machine, "kernel": "7"})) == ""


# -- how it is shown ---------------------------------------------------------------------------------------------------

HEAD = """\
OLD  20261121-235000-3f2a · 2026-11-21 23:50 · 0123456789 · quick
NEW  20261122-235000-aaaa · 2026-11-22 23:50 · 0123456789 · quick

No recorded fact of the machine or the environment differs.

Roofs: the same work takes 1.00× as long in NEW; the one that moved most: L2, 90.0 GB/s → 90.0 GB/s.
Controls, cpu: 7 cells whose function and environment are the same take 1.00× as long in the median; all of them changed
    by at most 0.9 %.
The drift of a cell is how far its floor moved, or the controls if those moved farther: a change within it means
    nothing. No time is corrected by it.

1 slower, 0 faster, 7 unclear of 8 cells that both timed

"""
TAIL = """7 without a verdict: `--all` shows them

Each interval covers the ratio of the medians with a confidence of at least 93.8 %.
Intervals that exclude 1: 1 of 8, beyond the drift 1. Without any change one expects 0.017 (0.22 %) if launches are
    independent. Those of one run share a state of the machine, so expect more; hence the drift.
Weaker than `compare`: the runs were made at different times, so a change of the machine between them looks like one of
    the code.

confirm  perfsuite compare a b
"""


def test_the_terminal_shows_what_is_claimed_and_why_that_is_weak():
    old, new = planted()
    found = dataclasses.replace(between(old, new), confirm="perfsuite compare a b")
    text = terminal.text(found, False, 120)
    assert text.startswith(HEAD) and text.endswith(TAIL)
    (line,) = [line for line in text.splitlines() if "a.b/" in line]
    assert re.match(r"slower  \+\d+\.\d %  \+\d+\.\d % … \+\d+\.\d %  a\.b/v7/", line)
    every = terminal.text(found, True, 120, every=True)
    assert every.count("a.b/v") == 8 and "\x1b[31m" in every


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    old, new = planted()
    return store.write(old, tmp_path), store.write(new, tmp_path)


def test_the_command_writes_a_page_beside_the_report(tmp_path: Path, both: tuple[Path, Path], capsys: Out):
    assert cli.main(["report", *map(str, both), "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"page  {tmp_path}/report/changes.html"
    parsed = Parsed((tmp_path / "report" / "changes.html").read_text())
    told = [text for _, text in parsed.all("th") if "a.b/" in text]
    assert len(told) == 8 and "a.b/v7/" in told[0]
    links = {attributes["href"] for attributes, _ in parsed.all("a") if "a.b" in attributes.get("href", "")}
    component = Parsed((tmp_path / "report" / "a.b.html").read_text())
    anchors = {f"a.b.html#{attributes['id']}" for attributes, _ in component.all("tr", "tbody") if "id" in attributes}
    assert len(links) == 8 and links <= anchors
    start = (tmp_path / "report" / "index.html").read_text()
    assert 'href="changes.html"' in start and "Since the last run here" in start


def test_a_page_of_very_many_cells_shows_the_largest_changes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(section, "MOST", 3)
    text = output.page(between(*planted()))
    cells = [told for _, told in Parsed(text).all("th") if "a.b/" in told]
    assert len(cells) == 4 and "a.b/v7/" in cells[0]
    assert "the 3 with the largest changes of each verdict" in text


def test_runs_are_named_by_their_ids_too(tmp_path: Path, both: tuple[Path, Path], capsys: Out):
    ids = ["20261121-235000-3f2a", "20261122-235000-aaaa"]
    assert cli.main(["report", *ids, "--results", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/report/changes.html\n"
    assert cli.main(["report", *ids, "--results", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"slower": 1, "faster": 0, "unclear": 7, "other work": 0}
    assert found["cells"][0]["cell"] == "a.b/v7/eager/cpu/c/1" and found["old"]["run"] == ids[0]
    assert cli.main(["report", ids[1], "--results", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/report/index.html\n"


def test_the_start_page_tells_of_the_newest_earlier_run_with_a_cell_of_this_one(tmp_path: Path):
    old, new = planted()
    cell = dataclasses.replace(record("v", [1.0]), cell="x.y/v/eager/cpu/c/1")
    foreign = dataclasses.replace(
        old, run="r-f", started="2026-11-22T10:00:00Z", records=(cell,), problems=(made.faults()[0],)
    )
    foreign = dataclasses.replace(foreign, problems=(dataclasses.replace(foreign.problems[0], name="x.y"),))
    store.write(foreign, tmp_path)
    (tmp_path / new.machine_class / "2026-11-22T113000-damaged-1.jsonl.gz").write_bytes(b"?")
    store.write(dataclasses.replace(old, run="r-l", started="2026-11-23T10:00:00Z"), tmp_path)  # later
    store.write(dataclasses.replace(old, run="r-c", started="2026-11-22T12:00:00Z", machine_class="x"), tmp_path)
    store.write(new, tmp_path)
    assert _shown._since(new, tmp_path) is None
    store.write(old, tmp_path)
    found = _shown._since(new, tmp_path)
    assert found is not None and found.old.run == old.run


def test_a_first_run_has_nothing_to_be_compared_with(tmp_path: Path, capsys: Out):
    path = store.write(planted()[0], tmp_path)
    assert cli.main(["report", str(path), "--results", str(tmp_path), "--quiet"]) == 0
    capsys.readouterr()
    assert "Since the last run" not in (tmp_path / "report" / "index.html").read_text()
    assert not (tmp_path / "report" / "changes.html").exists()


def test_whatever_is_in_the_records_the_pages_are_harmless(tmp_path: Path):
    old = made.hostile()
    new = dataclasses.replace(
        old, **LATER, machine={**old.machine, "kernel": made.HOSTILE[0]}, selection="\x1b[31m\u202e" + made.HOSTILE[1]
    )
    bad = dataclasses.replace(new.records[3], status="error", reason="\x1b[31m\u202e" + made.HOSTILE[0])
    new = dataclasses.replace(new, records=(bad, *new.records[4:]))
    found = between(old, new)
    for text in (
        output.page(found),
        page.rendered(page._start(page.View(new, page.frames.build(new), new.problems, changes=found))),
    ):
        parsed = Parsed(text)
        assert not [attributes for attributes, _ in parsed.all("img") if "onerror" in attributes]
        assert "alert(" not in "".join(inner for _, inner in parsed.all("script"))
        assert "<script>alert" in html.unescape(text)
    shown = terminal.text(found, False, 100, every=True)
    assert not {letter for letter in shown if not letter.isprintable()} - {"\n", "\u200d"}
    json.dumps(output.document(found), allow_nan=False).encode("ascii")


# -- how a change is confirmed -----------------------------------------------------------------------------------------


def test_the_command_that_confirms_names_both_commits_and_the_cells(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    first = own.git(root, "rev-parse", "HEAD")
    second = own.commit(root, "second", {"src/mylib/extra.py": ""})
    old, new = planted()

    def asked(**sides: Any) -> Changes:
        one = dataclasses.replace(old, commit=first, **sides.get("old", {}))
        other = dataclasses.replace(new, **{"commit": second, **sides.get("new", {})})
        return confirming.confirmed(between(one, other), root)

    found = asked()
    cell = "a.b/v7/eager/cpu/c/1"
    assert found.confirm == f"python -m benchmarks compare {first[:10]} {second[:10]} --only {cell}"
    assert not found.unconfirmed
    for sides, why in (
        ({"new": {"commit": ""}}, "was measured outside a repository"),
        ({"new": {"commit": "f" * 40}}, "commit ffffffffff is not in this repository"),
        ({"new": {"commit": "--help"}}, "commit --help is not in this repository"),
        ({"new": {"commit": "HEAD"}}, "commit HEAD is not in this repository"),
        ({"old": {"dirty": True}}, "OLD was measured with changes that are in no commit"),
        ({"new": {"dirty": True}}, "NEW was measured with changes that are in no commit"),
        ({"new": {"commit": first}}, "both are of the same commit"),
    ):
        found = asked(**sides)
        assert why in found.unconfirmed and not found.confirm, sides
        assert why in terminal.text(found, False, 1000)
