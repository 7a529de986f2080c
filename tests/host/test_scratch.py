"""Temporary folders go when their owner goes, and so does what was started in them. Real processes and signals."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfsuite.host import scratch
from perfsuite.project.catalogue import ROOT


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, and no other."""
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "OTHERS", ())
    return tmp_path


def test_a_folder_is_gone_at_the_end_whatever_was_left_in_it(place: Path):
    with scratch.Scratch() as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "file").write_text("x")
        (folder / "deep" / "er").chmod(0)
        assert folder.parent == place and folder.name.startswith(scratch.PREFIX)
    assert not list(place.iterdir())


def test_what_is_around_a_folder_stays_as_it_was(place: Path):
    """To remove what is gone already must not touch the permissions of the system's temporary folder."""
    place.chmod(0o1777)
    one = scratch.Scratch()
    (one.path / "link").symlink_to(place, target_is_directory=True)
    (place / "kept").write_text("x")
    one.remove()
    one.remove()
    assert place.stat().st_mode & 0o7777 == 0o1777
    assert [path.name for path in place.iterdir()] == ["kept"]


def test_what_lives_is_not_swept_and_what_is_not_ours_neither(place: Path):
    (place / f"{scratch.PREFIX}of-somebody-else").mkdir()
    with scratch.Scratch() as folder:
        assert scratch.sweep() == []
        assert folder.is_dir()
    assert [path.name for path in place.iterdir()] == [f"{scratch.PREFIX}of-somebody-else"]


OWNER = """
import os, subprocess, sys, tempfile
tempfile.tempdir = sys.argv[1]
from perfsuite.host import scratch
scratch.OTHERS = ()
folder = scratch.Scratch().path
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(300)"], env={**os.environ, "TMPDIR": str(folder)}
)
print(folder, child.pid, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_owner_leaves_is_swept_with_what_it_had_started(place: Path):
    words = [sys.executable, "-c", OWNER, str(place)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, child = owner.stdout.readline().split()
        owner.kill()
    assert scratch.sweep() == [Path(folder)]
    assert not list(place.iterdir())
    end = time.monotonic() + 20
    while time.monotonic() < end and _runs(int(child)):
        time.sleep(0.05)
    assert not _runs(int(child))


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("path", "can"),
    [
        ("/tmp/plain-1.2_x", True),
        ("/tmp/with;odd$signs(", True),
        ("", True),
        ("/tmp/a dir", False),
        ("/tmp/tab\tbed", False),
        ("/tmp/it's", False),
        ('/tmp/"quoted"', False),
        ("/tmp/back\\slash", False),
        ("/tmp/é", False),
    ],
)
def test_which_folders_a_compiler_can_work_in(path: str, can: bool):
    assert scratch.compilable(path) == can


def test_a_folder_that_no_compiler_can_work_in_is_avoided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    odd, plain = tmp_path / "a dir é", tmp_path / "plain"
    odd.mkdir()
    plain.mkdir()
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(odd))
    monkeypatch.setattr(scratch, "OTHERS", (str(tmp_path / "absent"), str(plain)))
    with scratch.Scratch() as folder:
        assert folder.parent == plain
    monkeypatch.setattr(scratch, "OTHERS", ())
    with scratch.Scratch() as folder:  # better there than nowhere: the cells say what breaks
        assert folder.parent == odd
    assert not list(odd.iterdir())
