"""The marks that a variant may carry. They are plain attributes, read by name; this file imports nothing.

A variant is a public top-level function of ``impls/<family>/<component>.py``. It takes the component's inputs by
position and returns the output. Order in the file is the order of the ladder.
"""

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


def prepared(function: F) -> F:
    """Mark a variant whose preparation is not timed.

    It is called once with the inputs and returns the zero-argument callable that is timed; an object with ``close()``
    is closed at the end. What is prepared may allocate, build or compile, but it reads the inputs anew in each call:
    their contents change between calls, in place.
    """
    function.__prepared__ = True  # type: ignore[attr-defined]
    return function


def needs(*what: str) -> Callable[[F], F]:
    """Mark a variant that runs only where each of ``what`` is there.

    ``"cuda"``: a CUDA device. ``"cpu"``: its inputs must lie in the host's memory. ``"cc"``: a C compiler and
    ``Python.h``. ``"c++"``: a C++ compiler. Any other word is the name of a module that must be importable.
    """

    def mark(function: F) -> F:
        function.__needs__ = what  # type: ignore[attr-defined]
        return function

    return mark
