"""What a worker does with a group of cells, as a script: which step comes when. Real variants, fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import mount
from perfsuite.project.catalogue import IMPLS, ROOT
from perfsuite.tasks import turns

SCRIPT = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.tasks import turns
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
from perfsuite.workers.context import WorkerContext
steps, truths = [], Truths()
context = WorkerContext(
    where, where / "caches", lambda *step: steps.append(step), lambda asked: judged(asked, truths), where)
poison = turns.Group._poison
turns.Group._poison = lambda group, device: (steps.append(("poison", "")), poison(group, device))
cells = [Cell("matmul.ladder", variant, "eager", "cpu", "8", "1") for variant in ("row_broadcast", "mm", "mm_out")]
plan = turns.Plan(launch=1, rounds=4, budget=1.0, target=1e-3, began=0.0, seeds=[3, 4])
answers = turns.interleave(context, cells, plan)
print(json.dumps([steps, answers]))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[str, str]], dict]:
    where = tmp_path_factory.mktemp("mount")
    mount.lay(IMPLS, where)
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, str(where)], cwd=where, capture_output=True, text=True, check=True
    )
    steps, answers = json.loads(done.stdout)
    return [(what, cell.split("/")[1] if "/" in cell else "") for what, cell in steps], answers


def test_every_variant_is_ready_before_the_first_sample(told):
    steps, _ = told
    names = [what for what, _ in steps]
    first = names.index("sample")
    first -= names[first - 1] == "poison"
    assert set(names[first:]) == {"sample", "answer", "comparison with the reference", "poison"}
    assert names[:3] == ["inputs", "inputs", "import"]
    for start in range(3, first, 3):
        assert names[start : start + 3] == ["preparation", "first call", "warm-up"]
        assert len({cell for _, cell in steps[start : start + 3]}) == 1
    assert first == 12


def test_samples_come_in_rounds_and_up_to_six_of_each_are_judged(told):
    steps, answers = told
    samples = [cell for what, cell in steps if what == "sample"]
    assert len(samples) == 12
    for start in range(0, 12, 3):
        assert sorted(samples[start : start + 3]) == ["mm", "mm_out", "row_broadcast"]
    names = [what for what, _ in steps]
    judged = [at - 1 for at, what in enumerate(names) if what == "answer"]
    assert [names[at - 1 : at + 1] for at in judged] == [["poison", "sample"]] * len(judged)
    assert names.count("poison") == len(judged)
    compared = [cell for what, cell in steps if what == "comparison with the reference"]
    for cell, answer in answers.items():
        launch = answer["launch"]
        assert len(launch["judged"]) == (4 if launch["calls"] > 1 else turns.JUDGED_SINGLE) <= turns.JUDGED
        assert launch["judged"] == sorted(set(launch["judged"])) and set(launch["judged"]) <= {*range(4)}
        assert compared.count(cell.split("/")[1]) == len(launch["judged"])


def test_what_is_kept_of_a_launch(told):
    _, answers = told
    for cell, answer in answers.items():
        launch = answer["launch"]
        assert answer["status"] == "ok" and launch["launch"] == 1
        assert len(launch["wall"]) == len(launch["at"]) == len(launch["cpu"]) == len(launch["delay"]) == 4
        assert launch["at"] == sorted(launch["at"]) and all(wall > 0 for wall in launch["wall"])
        assert launch["calls"] > 1 or "row_broadcast" in cell, "a call far shorter than a sample is batched"
        assert launch["first"] > 0 and launch["prepare"] >= 0 and launch["parts"] == {}


CALLS = """
import sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.measuring import prepared
from perfsuite.workers import context
from perfsuite.tasks import turns
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
truths = Truths()
turns.LONG = float(sys.argv[2])
made, calls = prepared.prepare, []
def counting(function, *arguments):
    return made(lambda *inputs: (calls.append(1), function(*inputs))[1], *arguments)
prepared.prepare = counting
here = context.WorkerContext(
    where, where / "caches", lambda what, cell: None, lambda asked: judged(asked, truths), where)
cell = Cell("smallops.row_sum", "slice_loop", "eager", "cpu", "5000x10", "1")
plan = turns.Plan(launch=1, rounds=4, budget=0.001, target=1e-4, began=0.0, seeds=[3, 4])
turns.interleave(here, [cell], plan)
print(len(calls))
"""


@pytest.mark.parametrize(("long", "calls"), [("1e-6", 2), ("1000", 3)])
def test_a_long_call_is_warm_after_its_first(tmp_path: Path, long: str, calls: int):
    """First call and a sample; a shorter one has calls of warm-up between them."""
    mount.lay(IMPLS, tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-c", CALLS, str(tmp_path), long],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == 2 if calls == 2 else int(done.stdout) >= calls, done.stdout


GRAPHS = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.tasks import passes
from perfsuite.workers import context
from perfsuite.model.cell import Cell
here = context.WorkerContext(where, where / "caches", lambda what, cell: None)
cell = Cell("smallops.row_sum", "torch_sum", "compile", "cpu", "50x10", "1")
print(json.dumps([passes.counts(here, cell, 5)["counts"]["graphs"] for _ in range(2)]))
"""


@pytest.mark.long
def test_graphs_are_those_of_one_cell_however_many_were_compiled_before(tmp_path: Path):
    mount.lay(IMPLS, tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-c", GRAPHS, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": "0"},  # that would take ten seconds
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [1, 1]


def test_a_tree_that_is_no_impls_folder_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"is not an impls folder: it has no __init__\.py"):
        mount.lay(tmp_path, tmp_path / "mount")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import impls", "imports `impls` by that name"),
        ("from impls.matmul import ladder as _l", "imports `impls` by that name"),
        ("", ""),
    ],
)
def test_a_worker_stops_when_a_plain_impls_appears(tmp_path: Path, line: str, says: str):
    """Today's code under an old commit's label is the error that no one would see."""
    tree = tmp_path / "tree" / "impls"
    (tree / "family").mkdir(parents=True)
    (tree / "__init__.py").write_text("")
    (tree / "family" / "__init__.py").write_text("")
    (tree / "family" / "x.py").write_text(f"{line}\ndef one():\n    return 1\n")
    mount.lay(tree, tmp_path / "mount")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from perfsuite.project import mount\nfrom pathlib import Path\n"
        "print(mount.variant('family.x', 'one', Path(sys.argv[1]))())"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "mount"), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (says in done.stderr) if says else (done.stdout == "1\n"), done.stderr


def test_a_variant_that_an_old_tree_lacks_is_skipped_not_failed(tmp_path: Path):
    tree = tmp_path / "impls"
    tree.mkdir()
    (tree / "__init__.py").write_text("")
    mount.lay(tree, tmp_path / "mount")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from perfsuite.project import mount\nfrom pathlib import Path\n"
        "try: mount.variant('family.x', 'one', Path(sys.argv[1]))\n"
        "except NotImplementedError as problem: print(problem)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "mount"), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "needs family.x, which this tree does not have\n", done.stderr


TIMELINE = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.tasks import passes, turns
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
from perfsuite.workers.context import WorkerContext
truths = Truths()
context = WorkerContext(where, where / "caches", lambda what, cell: None, lambda asked: judged(asked, truths), where)
cell = Cell("training.breakdown", "slices", "eager", "cpu", "10x32-64", "1")
plan = turns.Plan(launch=1, rounds=2, budget=1.0, target=1e-3, began=0.0, seeds=[3])
answers = turns.interleave(context, [cell], plan)
traced = passes.trace(context, cell, 5, where / "trace")["trace"]
print(json.dumps([answers[str(cell)], traced["steps"], traced["notes"]]))
"""


def test_the_parts_of_a_timeline_are_kept_beside_its_wall_and_it_is_traced_whole(tmp_path: Path):
    mount.lay(IMPLS, tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-c", TIMELINE, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    answer, steps, _ = json.loads(done.stdout)
    assert answer["status"] == "ok", answer
    launch = answer["launch"]
    told = ["rest", "data", "transfer", "forward", "loss", "backward", "step", ".item()", "logging"]
    assert list(launch["parts"]) == told and len(launch["wall"]) == 2
    assert all(len(values) == 2 and min(values) > 0 for values in launch["parts"].values())
    assert steps == 3, "calls, not names"


REMEMBERING = """


_known = {}


def mm(a, b):
    key = a.numpy().tobytes()
    if key not in _known and len(_known) < 3:
        _known[key] = torch.mm(a, b)
    return _known.get(key, next(iter(_known.values()))).clone()
"""
CHECKED = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.tasks import passes
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
from perfsuite.workers.context import WorkerContext
truths = Truths()
context = WorkerContext(where, where / "caches", lambda what, cell: None, lambda asked: judged(asked, truths), where)
print(json.dumps(passes.check(context, Cell("matmul.ladder", "mm", "eager", "cpu", "8", "1"), [3, 4, 5])))
"""


@pytest.mark.parametrize("remembers", [False, True])
def test_who_answers_new_contents_with_an_old_output_is_rejected_although_no_call_is_slower(
    tmp_path: Path, remembers: bool
):
    (laid, *_) = mount.lay(IMPLS, tmp_path)
    if remembers:
        with (laid / "matmul" / "ladder.py").open("a", encoding="utf-8") as file:
            file.write(REMEMBERING)
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHECKED, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    wanted = "returns for new inputs what it returned for others: 64 of 64 elements are outside the tolerance"
    assert (answer["status"], wanted in answer["reason"]) == (("wrong", True) if remembers else ("ok", False)), answer


CHANGING = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.isolation import surroundings
from perfsuite.measuring import prepared
from perfsuite.model.cell import Cell
from perfsuite.tasks import turns
from perfsuite.workers.context import WorkerContext
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
truths, steps = Truths(), []
late, turns.LOOKED = int(sys.argv[2]), float(sys.argv[3])
context = WorkerContext(
    where, where / "caches", lambda *step: steps.append(step), lambda asked: judged(asked, truths), where)
watch = surroundings.watch
def watching(often=False):
    verify = watch(often)
    return lambda: (steps.append(("state", "")), verify())[1]
surroundings.watch = watching
make = prepared.prepare
def changing(function, *arguments):
    if function.__name__ != "mm":
        return make(function, *arguments)
    def call(*inputs):
        if [what for what, cell in steps if "/mm/" in cell].count("sample") == late:
            torch.set_default_dtype(torch.float64)
        return function(*inputs)
    return make(call, *arguments)
prepared.prepare = changing
cells = [Cell("matmul.ladder", variant, "eager", "cpu", "8", "1") for variant in sys.argv[4:]]
plan = turns.Plan(launch=1, rounds=4, budget=1.0, target=1e-3, began=0.0, seeds=[3, 4])
answers = turns.interleave(context, cells, plan)
print(json.dumps([[what for what, _ in steps if what in ("sample", "state")], answers]))
"""


def changed(where: Path, late: int, looked: float, *variants: str) -> tuple[list[str], dict]:
    mount.lay(IMPLS, where)
    command = [sys.executable, "-P", "-c", CHANGING, str(where), str(late), str(looked), *variants]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


@pytest.mark.parametrize("looked", [0, 1])
def test_the_state_is_checked_after_each_sample_of_the_first_round_and_after_those_drawn(tmp_path: Path, looked: int):
    steps, answers = changed(tmp_path / "honest", -1, looked, "row_broadcast", "mm", "mm_out")
    first = steps.index("sample")
    one, rest = ["sample", "state"] * 3, [*["sample"] * 3, *["state"] * looked] * 3
    assert steps[first : first + 15 + 3 * looked] == [*one, *rest]
    assert steps[-1] == "state"
    assert {answer["status"] for answer in answers.values()} == {"ok"}


@pytest.mark.parametrize(
    ("late", "looked", "culprit"),
    [(1, 0, "matmul.ladder/mm/eager/cpu/8/1"), (3, 0, turns.NOBODY), (3, 1, turns.NOBODY)],
)
def test_who_changes_state_in_the_first_round_is_known_and_later_that_somebody_does(
    tmp_path: Path, late: int, looked: int, culprit: str
):
    _, answers = changed(tmp_path / "mount", late, looked, "row_broadcast", "mm", "mm_out")
    assert list(answers) == [culprit]
    assert "default dtype from torch.float32 to torch.float64" in answers[culprit]["reason"]


def test_who_has_no_rival_is_known_in_any_round(tmp_path: Path):
    _, answers = changed(tmp_path / "mount", 3, 1, "mm")
    (answer,) = answers.values()
    assert list(answers) == ["matmul.ladder/mm/eager/cpu/8/1"] and answer["status"] not in ("ok", "skipped")
