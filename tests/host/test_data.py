"""Made data: made once, seen whole or not at all, and made again where it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.host import data


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    data._made.cache_clear()
    yield
    data._made.cache_clear()


def again(name: str, make) -> Path:
    """As another process would ask for it."""
    data._made.cache_clear()
    return data.made(name, 1, make)


class Maker:
    def __init__(self):
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "deep").mkdir()
        (folder / "deep" / "a.bin").write_bytes(bytes(range(256)) * 40)
        (folder / "b.txt").write_text("whole")


def test_it_is_made_once_and_anew_for_another_version(tmp_path):
    make = Maker()
    first = data.made("things", 1, make)
    assert first == tmp_path / "torch-perf-suite" / "data" / "things-1"
    assert (first / "b.txt").read_text() == "whole"
    assert again("things", make) == first and make.times == 1
    assert data.made("things", 2, make) != first and make.times == 2


def flip(folder: Path) -> None:
    path = folder / "deep" / "a.bin"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (flip, "a.bin differs from what was written"),
        (lambda folder: os.truncate(folder / "deep" / "a.bin", 100), "a.bin differs from what was written"),
        (lambda folder: (folder / "b.txt").unlink(), "b.txt is missing"),
        (lambda folder: (folder / "more").touch(), "more differs from what was written"),
        (lambda folder: (folder / data.MANIFEST).write_text("{"), "no readable manifest"),
        (lambda folder: (folder / data.MANIFEST).unlink(), "no readable manifest"),
    ],
    ids=["a bit", "cut short", "a file gone", "a file too many", "a broken manifest", "no manifest"],
)
def test_what_is_damaged_is_noticed_and_made_again(harm, said, capsys):
    make = Maker()
    found = data.made("things", 1, make)
    harm(found)
    assert said in data.damage(found)
    assert again("things", make) == found and make.times == 2
    assert not data.damage(found) and "made again" in capsys.readouterr().err
    assert [path.name for path in found.parent.iterdir()] == ["things-1"]


def test_what_breaks_off_leaves_nothing_behind():
    def broken(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.made("things", 1, broken)
    assert not list(data.folder().iterdir())


def test_two_processes_that_make_it_at_once_get_the_same(tmp_path):
    code = (
        "import time; from perfsuite.host import data\n"
        "def make(folder): time.sleep(0.3); (folder / 'a').write_text('a')\n"
        "print((data.made('things', 1, make) / 'a').read_text())"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    assert [one.communicate()[0].strip() for one in both] == [b"a", b"a"]
    assert [path.name for path in data.folder().iterdir()] == ["things-1"]


# -- the user's own files ---------------------------------------------------------------------------------------------


def sets(root: Path, *names: str) -> Path:
    """A folder as torchvision's classes take it, with empty files of the right sizes."""
    for name in names:
        (root / name / "raw").mkdir(parents=True)
        for file, size in data.SETS.items():
            with (root / name / "raw" / file).open("wb") as opened:
                opened.truncate(size)
    return root


def test_the_sizes_are_those_of_the_true_files():
    assert [*data.SETS.values()] == [47_040_016, 60_008, 7_840_016, 10_008]


def test_the_users_folder_is_taken_for_what_it_holds_whole(tmp_path, monkeypatch):
    assert data.given("MNIST") is None and data.origin() == "FashionMNIST drawn, MNIST drawn"
    root = sets(tmp_path / "own", "FashionMNIST", "MNIST")
    monkeypatch.setenv(data.GIVEN, str(root))
    assert data.given("FashionMNIST") == data.given("MNIST") == root
    os.truncate(root / "MNIST" / "raw" / "t10k-labels-idx1-ubyte", 100)
    assert data.given("MNIST") is None
    assert data.lacking(root, "MNIST") == "MNIST/raw/t10k-labels-idx1-ubyte"
    assert data.origin() == "FashionMNIST from TORCH_PERF_DATA, MNIST drawn"


def test_what_is_held_is_told_with_its_size():
    assert data.holdings() == {}
    made = data.made("things", 1, Maker())
    assert data.holdings() == {made: 10_240 + 5 + (made / data.MANIFEST).stat().st_size}


def test_the_command_removes_made_data_and_no_results(tmp_path, capsys):
    from perfsuite.runners import cli

    data.made("things", 1, Maker())
    report = tmp_path / "results" / "report"
    report.mkdir(parents=True)
    assert cli.main(["clean", "--data", "--results", str(tmp_path / "results")]) == 0
    assert not data.folder().exists() and report.exists()
    assert capsys.readouterr().out.startswith("removed 1 sets of generated data, 0 MB")


def test_it_can_be_removed():
    data.made("things", 1, Maker())
    data.remove()
    assert not data.folder().exists()
