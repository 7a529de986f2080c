"""Two real runs of a repository, between which one function became slower: told on the start page and by `report`."""

from __future__ import annotations

import json
from pathlib import Path

import own
import pytest

from perfsuite.model.cell import Cell

TIMES = 4
COMPONENT = '''\
import torch
from mylib import core
from perfsuite import component


@component(variants=[core.work, core.other, core.third], cases={"n200": {"n": 200}})
def sums(case, generator):
    """Which is faster?"""
    return torch.randn(case.n, 50, generator=generator)
'''
THIRD = '''

def third(x):
    """The same, called directly."""
    return _scale.FACTOR * helper.summed(x)
'''


@pytest.mark.long
def test_a_function_that_became_slower_is_first_and_no_other_is_claimed(tmp_path: Path):
    core = own.FILES["src/mylib/core.py"] + THIRD
    root = own.repository(tmp_path / "repo", {"perf/work.py": COMPONENT, "src/mylib/core.py": core})
    run = ("run", "-k", "cpu", "--budget", "0.03", "--quiet")
    own.perfsuite(root, *run)
    assert not (root / "results" / "report" / "changes.html").exists()
    again = "".join("    x = x + 0 * helper.summed(x)\n" for _ in range(TIMES - 1))
    slower = core.replace(
        "    return _scale.scaled(helper.summed(x))\n", f"{again}    return _scale.scaled(helper.summed(x))\n", 1
    )
    assert slower != core
    own.commit(root, "slower", {"src/mylib/core.py": slower})
    own.perfsuite(root, *run)
    page = (root / "results" / "report" / "changes.html").read_text()
    assert page.index("work.sums/work/eager") < page.index("work.sums/other/eager")
    assert "Since the last run here" in (root / "results" / "report" / "index.html").read_text()

    records = sorted(map(str, (root / "results").glob("*/*.jsonl.gz")))
    found = json.loads(own.perfsuite(root, "report", *records, "--json").stdout)
    verdicts = {cell["cell"].split("/")[1]: cell["verdict"] for cell in found["cells"]}
    assert found["cells"][0]["cell"] == "work.sums/work/eager/cpu/n200/1"
    assert verdicts == {"work": "slower", "other": "unclear", "third": "unclear"}, found["cells"]
    assert [cell["same"] for cell in found["cells"] if Cell.parse(cell["cell"]).variant != "work"] == [True, True]
    assert not found["environment"] and found["roofs"] and found["controls"][0]["cells"] == 2
    first, second = own.git(root, "log", "--format=%H", "--reverse").split()
    words = f"compare {first[:10]} {second[:10]} --only work.sums/work/eager/cpu/n200/1"
    assert found["confirm"].endswith(words)
