"""SIGTERM and SIGHUP end a command as Ctrl-C does, and only once."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from perfsuite.project.catalogue import ROOT

SCRIPT = """
import os, signal, sys
from perfsuite.host import signals
for one in signals.ENDING:  # whatever started the tests may have ignored them, as nohup does
    signal.signal(one, signal.SIG_DFL)
if "ignored" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
before = [signal.getsignal(one) for one in signals.ENDING]
try:
    with signals.interrupting():
        try:
            os.kill(os.getpid(), int(sys.argv[1]))
            print("went on")
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            print("put away")
            raise
except KeyboardInterrupt:
    print("interrupted")
print(before == [signal.getsignal(one) for one in signals.ENDING])
"""


def run(*arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_of_them_interrupts_and_those_after_it_do_not(how: signal.Signals):
    assert run(str(int(how))) == ["put away", "interrupted", "True"]


def test_what_was_ignored_stays_ignored_as_under_nohup():
    assert run(str(int(signal.SIGHUP)), "ignored") == ["went on", "True"]


HOLDING = """
import os, signal
from perfsuite.host import signals
signal.signal(signal.SIGINT, signal.SIG_DFL)
with signals.interrupting():
    try:
        with signals.held():
            with signals.held():
                os.kill(os.getpid(), signal.SIGINT)
            print("whole")
        print("went on")
    except KeyboardInterrupt:
        with signals.held():
            print("interrupted")
    print("once")
"""


def test_what_belongs_together_is_done_before_the_interrupt():
    done = subprocess.run([sys.executable, "-c", HOLDING], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["whole", "interrupted", "once"], done.stderr
