"""The commands in somebody's own repository: what they find, from which folder, and how bad input is told."""

from __future__ import annotations

import json
from pathlib import Path

import own
import pytest

WORK = own.FILES["perf/work.py"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own.repository(tmp_path_factory.mktemp("own") / "repo")


def test_cells_are_listed_from_any_folder(root: Path):
    for folder in (root, root / "src" / "mylib" / "deep"):
        listed = own.perfsuite(folder, "list", "-k", "cpu").stdout.split()
        assert listed == ["work.sums/work/eager/cpu/n200/1", "work.sums/other/eager/cpu/n200/1"]


def test_names_alone_import_nothing(root: Path, tmp_path: Path):
    """Variants that are named by text, and inputs that import torch when they are made, are listed without torch."""
    by_name = """\
from perfsuite import component


@component(variants=["mylib.core:work", "mylib.core:other"])
def sums(case, generator):
    import torch

    return torch.randn(10, 10, generator=generator)
"""
    own.repository(
        tmp_path / "repo", {"perf/work.py": by_name, "src/mylib/__init__.py": "raise ImportError('imported')\n"}
    )
    assert "work.sums/other/eager/cpu/default/1" in own.perfsuite(tmp_path / "repo", "list").stdout


def test_a_run_is_measured_and_told_in_results_of_its_own(root: Path):
    done = own.perfsuite(root / "src", "run", "--launches", "1", "--budget", "0.01", "--json")
    found = json.loads(done.stdout)
    here = [record for record in found["cells"] if "/cpu/" in record["cell"]]
    assert len(here) == 2 and {record["status"] for record in here} == {"ok"}, found
    assert all("flops" not in record and record["bytes"] > 0 for record in here)
    assert not found["left_out"], "without a list of quick cells all are measured"
    assert found["commit"] == own.git(root, "rev-parse", "HEAD") and not found["dirty"]
    page = (root / "results" / "report" / "index.html").read_text()
    assert "work.sums" in page and "Claims" not in page
    assert list((root / "results").glob("*/*.jsonl.gz"))
    component = next((root / "results" / "report").rglob("*work.sums*.html")).read_text()
    assert "work on float64 inputs" in component and "torch.utils.flop_counter" in component


def declared(text: str) -> dict[str, str]:
    return {"perf/work.py": f"import torch\nfrom mylib import core\nfrom perfsuite import component\n\n\n{text}"}


INPUTS = "def sums(case, generator):\n    return torch.randn(10, 10, generator=generator)\n"
ONE = "@component(variants=[core.work])\n"
BAD = {
    "no variants": (declared(f"@component(variants=[])\n{INPUTS}"), "perf/work.py: component 'sums' has no variants: "),
    "two variants of one name": (
        declared(f"@component(variants=[core.work, core.work])\n{INPUTS}"),
        "component 'sums' has two variants named 'work': variants={",
    ),
    "two components of one name": (
        declared(f"{ONE}{INPUTS}\n\n{ONE}{INPUTS}"),
        "perf/work.py declares two components named 'sums': rename one of them",
    ),
    "no such function": (
        declared(f'@component(variants=["mylib.core:wrok"])\n{INPUTS}'),
        "perf/work.py: variant 'wrok': mylib.core has no 'wrok': did you mean 'work'?",
    ),
    "no such attribute": (
        declared(f"@component(variants=[core.wrok])\n{INPUTS}"),
        "perf/work.py cannot be imported: AttributeError: ",
    ),
    "no such module": (
        declared(f"import nothing_here\n\n{ONE}{INPUTS}"),
        "perf/work.py cannot be imported: ModuleNotFoundError: No module named 'nothing_here'",
    ),
    "no Python": (declared(f"{ONE}def sums(case\n"), "perf/work.py is not valid Python: "),
    "an executor": (
        declared(f"@component(variants=[core.work], executors=['turbo'])\n{INPUTS}"),
        "component 'sums': no executor 'turbo': use one of eager, ",
    ),
    "no package": (
        {"pyproject.toml": '[tool.perfsuite]\nbenchmarks = "perf"\npackage = "src/other"\n'},
        "src/other does not exist; [tool.perfsuite] in ",
    ),
    "nothing installed": (
        {"pyproject.toml": '[tool.perfsuite]\nbenchmarks = "perf"\npackage = "no_such_package"\n'},
        "no_such_package does not exist, and none of that name is installed; [tool.perfsuite] in ",
    ),
    "no components": (
        {"pyproject.toml": '[tool.perfsuite]\nbenchmarks = "bench"\npackage = "src/mylib"\n'},
        "bench does not exist; [tool.perfsuite] in ",
    ),
    "a key": ({"pyproject.toml": "[tool.perfsuite]\nbenchmark = 'perf'\n"}, "did you mean 'benchmarks'?"),
    "components inside the package": (
        {"pyproject.toml": '[tool.perfsuite]\nbenchmarks = "src/mylib/deep"\npackage = "src/mylib"\n'},
        "benchmarks = 'src/mylib/deep' lies in the package: ",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_line_that_names_the_file_and_the_remedy(kind: str, tmp_path: Path):
    files, says = BAD[kind]
    root = own.repository(tmp_path / "repo", files)
    done = own.perfsuite(root, "list", check=2)
    assert says in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "-k", "sumz"], "-k 'sumz' matches no cell: did you mean 'sums'?"),
        (["run", "-k", "work.sums/wok/eager/cpu/n200/1"], "did you mean 'work.sums/work/eager/cpu/n200/1'?"),
        (["compare", "no-such-branch"], "no commit 'no-such-branch' in "),
        (["compare", "mian"], "did you mean 'main'?"),
        (["rnu"], "did you mean 'run'?"),
    ],
)
def test_a_name_that_is_nearly_right_is_asked_about(root: Path, arguments: list[str], says: str):
    done = own.perfsuite(root, *arguments, check=2)
    assert says in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare"], "nothing to compare: psutil is an installed package; compare releases of it, such as psutil=="),
        (["compare", "main"], "no commit 'main': psutil is an installed package; compare releases of it, such as "),
        (["bisect", "a", "b", "work.sums/sum/eager/cpu/default/1"], "no commit 'a': psutil is an installed package; "),
    ],
)
def test_an_installed_package_has_releases_and_no_commits(tmp_path: Path, arguments: list[str], says: str):
    table = '[tool.perfsuite]\nbenchmarks = "perf"\npackage = "psutil"\n'
    files = declared(f"@component(variants={{'sum': torch.sum}})\n{INPUTS}") | {"pyproject.toml": table}
    files["perf/work.py"] = files["perf/work.py"].replace("from mylib import core\n", "")
    done = own.perfsuite(own.repository(tmp_path / "repo", files), *arguments, check=2)
    assert says in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.long
def test_what_fails_while_it_is_measured_is_told_with_its_file(tmp_path: Path):
    text = f"""\
def right(x):
    return x.sum()


def single(x):
    return x.nothing


@component(variants=[right], reference=single)
{INPUTS.replace("sums", "reference")}

@component(variants=[right])
def inputs(case, generator):
    return 1 / 0


@component(variants=[right], cases={{"huge": {{"n": 10**6}}}})
def memory(case, generator):
    return torch.randn(case.n, case.n, generator=generator)


@component(variants={{"fails": lambda x: x.nothing, "right": right}}, reference=right)
{INPUTS.replace("sums", "variant")}
"""
    root = own.repository(tmp_path / "repo", declared(text))
    done = own.perfsuite(
        root, "run", "--launches", "1", "--budget", "0.01", "-k", "cpu", "--json", "--no-report", check=3
    )
    found = {record["cell"].split("/eager")[0].split(".")[1]: record for record in json.loads(done.stdout)["cells"]}
    assert "the reference of perf/work.py failed: AttributeError: " in found["reference/right"]["reason"]
    assert "the inputs of perf/work.py failed: ZeroDivisionError: division by zero" in found["inputs/right"]["reason"]
    assert found["memory/right"]["status"] == "skipped" and "6 times its inputs" in found["memory/right"]["reason"]
    assert found["variant/right"]["status"] == "ok" and found["variant/fails"]["status"] == "error"


def test_tensorboard_says_what_is_missing(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    done = own.perfsuite(root / "src", "tensorboard", check=2)
    assert done.stderr.startswith("perfsuite: nothing to show in ") and done.stderr.count("\n") == 1
    (root / "results" / "tensorboard").mkdir(parents=True)
    shown = own.perfsuite(root / "src", "tensorboard", "--", "--version_tb", check=0)
    assert shown.stdout.strip()[:1].isdigit()
