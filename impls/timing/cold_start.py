"""How long until there is an answer: ``a`` (m, k) times ``b`` (k, n) in float32, from a process that starts for it.

Each variant returns the product, (m, n) in float32. A new process reads the matrices from its standard input and
writes the product to its standard output; what it has to import before is what is timed.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from os import environ

import numpy as np
import torch

from .._contract import needs, prepared

# Each program is given m, k and n as arguments.
LISTS = """
import sys
from array import array

m, k, n = map(int, sys.argv[1:])
numbers = array("f", sys.stdin.buffer.read())
a, b = numbers[: m * k], numbers[m * k :]
c = [sum(a[i * k + l] * b[l * n + j] for l in range(k)) for i in range(m) for j in range(n)]
sys.stdout.buffer.write(array("f", c).tobytes())
"""
NUMPY = """
import sys
import numpy

m, k, n = map(int, sys.argv[1:])
a, b = numpy.split(numpy.frombuffer(sys.stdin.buffer.read(), numpy.float32), [m * k])
sys.stdout.buffer.write((a.reshape(m, k) @ b.reshape(k, n)).tobytes())
"""
TORCH = """
import sys
import torch

m, k, n = map(int, sys.argv[1:])
a, b = torch.frombuffer(bytearray(sys.stdin.buffer.read()), dtype=torch.float32).split([m * k, k * n])
c = torch.einsum("ij,jk->ik", a.view(m, k), b.view(k, n))
sys.stdout.buffer.write(c.numpy().tobytes())
"""
COMPILED = TORCH.replace("torch.einsum(", "torch.compile(torch.einsum)(")
SERVER = """
import sys
import torch

m, k, n = map(int, sys.argv[1:])
while message := sys.stdin.buffer.read(4 * (m * k + k * n)):
    a, b = torch.frombuffer(bytearray(message), dtype=torch.float32).split([m * k, k * n])
    c = torch.einsum("ij,jk->ik", a.view(m, k), b.view(k, n))
    sys.stdout.buffer.write(c.numpy().tobytes())
    sys.stdout.buffer.flush()
"""


def _command(program: str, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    return [sys.executable, "-P", "-c", program, *map(str, (*a.shape, b.shape[1]))]


def _message(a: torch.Tensor, b: torch.Tensor) -> bytes:
    return a.numpy().tobytes() + b.numpy().tobytes()


def _tensor(answer: bytes, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(answer, np.float32).copy()).view(a.shape[0], b.shape[1])


def _answer(program: str, a: torch.Tensor, b: torch.Tensor, **variables: str) -> torch.Tensor:
    """What a fresh process makes of the matrices."""
    done = subprocess.run(
        _command(program, a, b), input=_message(a, b), stdout=subprocess.PIPE, check=True, env={**environ, **variables}
    )
    return _tensor(done.stdout, a, b)


@needs("c++", "cpu")
def compiled(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Import torch, compile, call: nothing is kept from earlier, so the function is traced and lowered anew.

    TM-02.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _answer(COMPILED, a, b, TORCHINDUCTOR_CACHE_DIR=folder)


@prepared
@needs("c++", "cpu")
def compiled_again(a: torch.Tensor, b: torch.Tensor):
    """The same with the result on disk: what is left is importing the compiler, and tracing to see that it fits.

    TM-02.
    """
    return _Kept(a, b)


class _Kept:
    """A folder of compiled functions that fresh processes find."""

    def __init__(self, a: torch.Tensor, b: torch.Tensor) -> None:
        self._matrices = a, b
        self._folder = tempfile.TemporaryDirectory()
        self.close = self._folder.cleanup
        self()

    def __call__(self) -> torch.Tensor:
        return _answer(COMPILED, *self._matrices, TORCHINDUCTOR_CACHE_DIR=self._folder.name)


@needs("cpu")
def imported(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Import torch and call: some thousand files are read before the first number is.

    TM-02.
    """
    return _answer(TORCH, a, b)


@needs("cpu")
def numpy(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Import numpy and call.

    TM-02.
    """
    return _answer(NUMPY, a, b)


@needs("cpu")
def lists(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Import nothing: start the interpreter and let Python multiply.

    TM-02.
    """
    return _answer(LISTS, a, b)


@prepared
@needs("cpu")
def served(a: torch.Tensor, b: torch.Tensor):
    """A process that has started already and waits for matrices: two pipes are all that is left of it.

    TM-02.
    """
    return _Served(a, b)


class _Served:
    """A process that answers until it is closed."""

    def __init__(self, a: torch.Tensor, b: torch.Tensor) -> None:
        self._matrices = a, b
        self._stack = ExitStack()
        self._process = self._stack.enter_context(
            subprocess.Popen(_command(SERVER, a, b), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        self.close = self._stack.close  # closes the pipes and waits: without input the process ends
        self()

    def __call__(self) -> torch.Tensor:
        a, b = self._matrices
        self._process.stdin.write(_message(a, b))
        self._process.stdin.flush()
        return _tensor(self._process.stdout.read(4 * a.shape[0] * b.shape[1]), a, b)


def here(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A call in this process, which has made it before: what all the others come to, from the second call on.

    TM-02.
    """
    return torch.einsum("ij,jk->ik", a, b)
