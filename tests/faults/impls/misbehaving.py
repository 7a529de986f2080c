"""Variants that misbehave in every way that is known; the suite must lose none but the culprit."""

import ctypes
import os
import signal
import subprocess
import sys
import time

import torch

from .._contract import needs, prepared


def good(x: torch.Tensor) -> torch.Tensor:
    """What the others should be."""
    return x + 1


def raises(x: torch.Tensor) -> torch.Tensor:
    """Raises."""
    raise RuntimeError("no luck today")


def garbage(x: torch.Tensor) -> torch.Tensor:
    """Returns what was never asked for."""
    return torch.full_like(x, 7.0)


def hangs(x: torch.Tensor) -> torch.Tensor:
    """Never returns."""
    while True:
        time.sleep(1)


def exits(x: torch.Tensor) -> torch.Tensor:
    """Ends the process without a word."""
    os._exit(7)


def leaves(x: torch.Tensor) -> torch.Tensor:
    """Ends the process as a program would."""
    raise SystemExit(5)


def segfaults(x: torch.Tensor) -> torch.Tensor:
    """Reads address zero."""
    ctypes.string_at(0)
    return x


def killed(x: torch.Tensor) -> torch.Tensor:
    """Is killed from outside."""
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def allocates(x: torch.Tensor) -> torch.Tensor:
    """Asks for more memory than there is."""
    return torch.ones(1 << 40)[: x.numel()] + x


def prints_binary(x: torch.Tensor) -> torch.Tensor:
    """Right, but noisy on both outputs."""
    os.write(1, bytes(range(256)) * 50)
    os.write(2, b'\xff\xfe{"do": "check"}\n' * 50)
    return x + 1


def leaves_children(x: torch.Tensor) -> torch.Tensor:
    """Right, but starts a process in a session of its own and forgets it."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # left-behind"], start_new_session=True)
    return x + 1


def sets_threads(x: torch.Tensor) -> torch.Tensor:
    """Right, but changes a global setting."""
    torch.set_default_dtype(torch.float64)
    return x + 1


CALLS = {"tires": 0, "dies": 0}


def tires(x: torch.Tensor) -> torch.Tensor:
    """Right at first and wrong when warm."""
    CALLS["tires"] += 1
    return x + (1 if CALLS["tires"] < 20 else 2)


def dies_while_timed(x: torch.Tensor) -> torch.Tensor:
    """Right in the check, and the end of the process while it is timed."""
    CALLS["dies"] += 1
    if CALLS["dies"] > 20:
        os.kill(os.getpid(), signal.SIGSEGV)
    return x + 1


@needs("a_module_that_nobody_has")
def needs_module(x: torch.Tensor) -> torch.Tensor:
    """Cannot run here and says so by its mark."""
    return x + 1


def says_it_needs(x: torch.Tensor) -> torch.Tensor:
    """Cannot run here and says so when called."""
    raise NotImplementedError("needs a quantum computer")


def not_implemented(x: torch.Tensor) -> torch.Tensor:
    """Raises what torch raises for its own missing kernels: it is an error."""
    raise NotImplementedError("no kernel for this dtype")


@prepared
def also_good(x: torch.Tensor):
    """The last one: reached although all the others failed before."""
    out = torch.empty_like(x)
    return lambda: torch.add(x, 1, out=out)
