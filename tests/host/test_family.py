"""Who started whom, and how all of them end. Real processes, among them some that multiply."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from perfsuite.host import family

BOMB = """
import mmap, os, sys, time
first, count = os.getpid(), mmap.mmap(-1, 1)
while count[0] < 60:
    count[0] += 1
    if os.fork() == 0:
        os.setsid()
        time.sleep(0.01)
if os.getpid() == first:
    print("ready", flush=True)
time.sleep(300)
"""


def test_below_is_everybody_that_was_started_and_not_the_roots():
    table = {2: 1, 3: 2, 4: 3, 5: 1, 6: 5, 7: 99}
    assert family.below([2], table) == {3, 4}
    assert family.below([1], table) == {2, 3, 4, 5, 6}
    assert family.below([4], table) == set()


def test_a_circle_of_parents_does_not_hang():
    assert family.below([1], {2: 1, 1: 2}) == {1, 2}


def test_this_process_and_its_child_are_seen_and_the_dead_are_not():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]) as child:
        assert family.parents()[child.pid] == os.getpid()
        child.kill()
        end = time.monotonic() + 20
        while child.pid in family.parents() and time.monotonic() < end:  # not waited for: it stays as a zombie
            time.sleep(0.01)
        assert child.pid not in family.parents()


@pytest.mark.slow
def test_those_that_multiply_are_ended_too():
    bomb = subprocess.Popen([sys.executable, "-c", BOMB], stdout=subprocess.PIPE, text=True)
    found: set[int] = set()

    def left() -> set[int]:
        table = family.parents()
        found.update(family.below([bomb.pid], table))
        return (family.below([bomb.pid, *found], table) | found | {bomb.pid}) & set(table)

    with bomb.stdout as out:  # type: ignore[union-attr]
        assert out.readline() == "ready\n"
        seen = left()
        family.end(left)
        bomb.wait()
    assert len(seen) > 5 and not left()
