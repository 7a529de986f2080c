"""A process that a variant forks by hand ends where it begins; those of multiprocessing, and programs, live."""

from __future__ import annotations

import json
import subprocess
import sys

from perfsuite.project.catalogue import ROOT

SCRIPT = """
import json, multiprocessing, os, subprocess, sys
from perfsuite.isolation import forks, state
forks.watch()
here = os.getpid()
before = state._system()["processes forked by hand"]()
made = [os.fork() for _ in range(5)]  # 32 processes, if they went on
os.write(1, b"here ")
if os.getpid() != here:
    os._exit(1)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in made]
known = multiprocessing.get_context("fork").Process(target=sys.exit, args=(7,))
known.start()
known.join(60)
program = subprocess.run([sys.executable, "-c", "import os; print(os.fork() >= 0)"], capture_output=True, text=True)
print(json.dumps([before, forks.count(), codes, known.exitcode, program.stdout.count("True")]))
"""


def test_only_what_is_forked_by_hand_ends_and_is_counted():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    *here, told = done.stdout.split(maxsplit=1)
    assert here == ["here"] and json.loads(told) == [0, 5, [1] * 5, 7, 2]
