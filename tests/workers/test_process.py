"""The parent's end of a worker, with small workers of the test's own: no torch, real pipes."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from perfsuite.host import descriptors, shared_memory
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue
from perfsuite.workers import outcomes, process
from perfsuite.workers.process import Process

HEAD = """
import json, os, signal, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from perfsuite.workers.board import Board
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
job, answer = int(sys.argv[sys.argv.index("--pipes") + 1]), int(sys.argv[sys.argv.index("--pipes") + 2])
board = Board(Path(words["--board"]))
jobs = os.fdopen(job)
def reply(text):
    os.write(answer, text.encode() + b"\\n")
def take():
    return json.loads(jobs.readline())
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Start a worker that does what a script says."""
    started = []

    def start(script: str, timeout: float = 60.0) -> Process:
        folder = tmp_path / "engine" / "workers"
        folder.mkdir(parents=True)
        (folder / "worker.py").write_text(HEAD.format(root=str(catalogue.ROOT)) + script)
        monkeypatch.setattr(process, "ENGINE", tmp_path / "engine")
        made = Process(tmp_path, tmp_path, timeout=timeout)
        started.append(made)
        return made

    yield start
    for one in started:
        one.close()


def test_an_answer_bears_the_token_of_its_job(worker):
    made = worker("while True:\n job = take()\n reply(job['token'] + ' ' + json.dumps(job['do']))\n")
    assert made.ask("this") == "this" and made.ask("that") == "that"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("'not json'", "not json"),
        ('\'{"status": "ok"}\'', '{"status": "ok"}'),
        ("take()['token'] + ' not json'", ""),
        ("'\\x1b[31m'", "\\x1b[31m"),
        ("'0' * 16 + ' 1'", "0000000000000000 1"),
    ],
)
def test_what_is_no_answer_is_the_running_cells_fault(worker, line: str, told: str):
    made = worker(f"board.step('proof', 'the/cell')\nreply({line})\ntime.sleep(60)\n")
    with pytest.raises(Fault, match="something else than the worker wrote into its answers") as caught:
        made.ask("check")
    assert (caught.value.status, caught.value.cell, caught.value.step) == ("error", "the/cell", "proof")
    assert told in caught.value.reason and "\x1b" not in caught.value.reason


def test_a_crash_quotes_what_was_printed_in_its_own_step(worker):
    script = (
        "print('of the cell before')\nboard.step('proof', 'the/cell')\n"
        "print('\\x1b[1mof this one', flush=True)\nos._exit(3)\n"
    )
    with pytest.raises(Fault) as caught:
        worker(script).ask("check")
    assert caught.value.reason == "exited with code 3 during proof; last output: \\x1b[1mof this one"


def test_a_crash_quotes_nothing_where_nothing_was_printed(worker):
    script = "print('of the cell before')\nboard.step('proof', 'the/cell')\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    with pytest.raises(Fault) as caught:
        worker(script).ask("check")
    assert caught.value.reason == "killed by SIGSEGV during proof"


def test_two_workers_of_one_folder_have_a_log_and_a_temporary_folder_each(worker):
    where = "reply(take()['token'] + ' ' + json.dumps(tempfile.gettempdir()))"
    made = worker(f"import tempfile\nprint('mine', flush=True)\n{where}\ntake()\n")
    other = Process(made._temporary.path, made._temporary.path, timeout=60)
    folders = made.ask("where"), other.ask("where")
    assert folders[0] != folders[1] and made._log.parent == Path(folders[0])
    assert (made._log.read_text(), other._log.read_text()) == ("mine\n", "mine\n")
    other.close()
    made.close()
    assert not any(Path(folder).exists() for folder in folders)


def test_workers_of_one_folder_share_what_torch_precompiles(worker, monkeypatch, tmp_path: Path):
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.setattr("tempfile.tempdir", "/there")
    assert default_cache_dir() == "/there/torchinductor_somebody"
    monkeypatch.undo()
    name = "os.path.join(tempfile.gettempdir(), 'torchinductor_' + getpass.getuser(), 'precompiled_headers')"
    reply = "reply(take()['token'] + ' ' + json.dumps(found))"
    script = f"found = os.path.isdir({name})\nos.makedirs({name}, exist_ok=True)\n{reply}\ntake()\n"
    made = worker(f"import getpass, tempfile\n{script}")
    assert made.ask("look") is False
    made.close()
    other = Process(tmp_path, tmp_path, timeout=60)
    assert other.ask("look") is True
    other.close()


@pytest.mark.parametrize(
    ("script", "full", "says"),
    [
        ("time.sleep(60)", False, "proof took longer than 0.5 s"),
        ("os.kill(os.getpid(), signal.SIGSTOP)", False, "took longer than 0.5 s: the process was stopped (SIGSTOP)"),
        ("time.sleep(60)", True, "shared memory is full"),
    ],
)
def test_who_does_not_go_on_is_looked_at_before_it_is_killed(worker, monkeypatch, script: str, full: bool, says: str):
    monkeypatch.setattr(shared_memory, "full", lambda: full)
    with pytest.raises(Fault) as caught:
        worker(f"board.step('proof', 'the/cell')\n{script}\n", timeout=0.5).ask("check")
    assert caught.value.status == "timeout" and says in caught.value.reason


def test_a_forked_process_does_not_write_on_the_board(worker):
    script = (
        "board.step('proof', 'the/cell')\n"
        "if os.fork() == 0:\n board.step('something else', 'another/cell')\n os._exit(0)\n"
        "os.wait()\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with pytest.raises(Fault) as caught:
        worker(script).ask("check")
    assert caught.value.cell == "the/cell"


def test_descriptors_are_moved_out_of_reach_and_not_inherited():
    read, write = os.pipe()
    moved = descriptors.out_of_reach(write)
    try:
        assert moved >= min(descriptors.REACH, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4)
        assert not os.get_inheritable(moved)
        os.write(moved, b"x")
        assert os.read(read, 1) == b"x"
    finally:
        os.close(moved)
        os.close(read)


BUILD = (
    "C++ compile error\n\nCommand:\ng++ /x/y.cpp\n\nOutput:\nIn file included\n/x/y.cpp:5:10: fatal error: omp.h: none"
)
LINK = "failed:\nld: x.o: undefined reference to `f'"


class Silent(Exception):
    """An exception whose text raises."""

    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (RuntimeError("one\ntwo"), "RuntimeError: one"),
        (RuntimeError(), "RuntimeError"),
        (RuntimeError(BUILD), "RuntimeError: C++ compile error: /x/y.cpp:5:10: fatal error: omp.h: none"),
        (RuntimeError(LINK), "RuntimeError: failed: ld: x.o: undefined reference to `f'"),
        (ValueError("\x1b[31mred\x07\udc80"), "ValueError: \\x1b[31mred\\x07\\udc80"),
        (ValueError("x" * 10**6), f"ValueError: {'x' * 487}…"),
        (Silent(), "Silent: (ValueError while formatting its message)"),
    ],
)  # fmt: skip
def test_the_reason_of_a_failure_is_one_line_that_says_most(problem: Exception, reason: str):
    assert outcomes.reason_of(problem) == reason


def test_a_long_text_leaves_room_for_what_else_was_found():
    problem = RuntimeError("x" * 10**6)
    problem.add_note("changes global state: default device from cpu to meta")
    told = outcomes.reason_of(problem)
    assert told.startswith("RuntimeError: xxx") and len(told) < 300
    assert told.endswith("x…; changes global state: default device from cpu to meta")


def test_an_error_of_full_shared_memory_says_so():
    text = "unable to write to file </torch_123_45_6>: No space left on device (28)"
    assert "shared memory is full (" in outcomes.reason_of(RuntimeError(text))
    assert shared_memory.hint("No space left on device: '/results'") == ""
    assert signal.SIGBUS
