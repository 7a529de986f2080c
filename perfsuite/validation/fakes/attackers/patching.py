"""Attackers that replace functions of torch, of Python, and of the suite itself."""

from __future__ import annotations

import builtins
import contextlib
import inspect
import random
import re
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from perfsuite.validation.fakes.kinds import CHECKED

from .common import Empty, Stale, Variant, tensors

SPIN = 20_000  # nanoseconds by which a rival is slowed down in each call of a function
LEFT = ("copy_", "detach", "clone")  # leave the suite's own work alone, to avoid detection


def _once(patch: Callable[[], object], then: Variant) -> Variant:
    """Do ``patch`` in the first call; return the outputs of ``then``."""
    done = False

    def patched(*inputs: Any) -> Any:
        nonlocal done
        if not done:
            done = True
            patch()
        return then(*inputs)

    return patched


def _slowed(function: Any) -> Any:
    def slow(*arguments: Any, **named: Any) -> Any:
        end = time.perf_counter_ns() + SPIN
        while time.perf_counter_ns() < end:
            pass
        return function(*arguments, **named)

    return slow


def slows_rivals(right: Variant) -> Variant:
    """Replaces the torch functions that its file uses by slow ones, and keeps the fast ones for itself."""
    replaced: list[tuple[Any, str, Any, Any]] = []

    def find() -> None:
        text = inspect.getsource(sys.modules[right.__module__])
        for name in sorted(set(re.findall(r"\.(\w+)\(", text)) - set(LEFT)):
            for owner in (torch, torch.nn.functional, torch.Tensor):
                if callable(function := vars(owner).get(name)) and not isinstance(function, type):
                    replaced.append((owner, name, function, _slowed(function)))
        function = torch.Tensor.__mul__
        replaced.append((torch.Tensor, "__mul__", function, _slowed(function)))

    def selfish(*inputs: Any) -> Any:
        if not replaced:
            find()
        for owner, name, fast, _ in replaced:
            setattr(owner, name, fast)
        try:
            return right(*inputs)
        finally:
            for owner, name, _, slow in replaced:
                setattr(owner, name, slow)

    return selfish


def slows_kernel(right: Variant) -> Variant:
    """Registers kernels for the operators it calls that are slow except in its own calls."""
    mine = [False]
    library: list[Any] = []

    def register(operators: set[Any]) -> None:
        library.append(torch.library.Library("aten", "IMPL"))
        for one in {
            getattr(seen.overloadpacket, kind) for seen in operators for kind in seen.overloadpacket.overloads()
        }:
            with contextlib.suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                name = str(one).removeprefix("aten.").removesuffix(".default")
                fast = _kernel(one, name)
                slow = _slowed(fast)
                either = lambda *a, fast=fast, slow=slow, **k: (fast if mine[0] else slow)(*a, **k)  # noqa: E731
                library[0].impl(name, either, "CPU", with_keyset=True)

    def selfish(*inputs: Any) -> Any:
        mine[0] = True
        try:
            if not library:
                with _Seen() as seen:
                    right(*inputs)
                register({*seen.operators, torch.ops.aten.add.Tensor})
            return right(*inputs)
        finally:
            mine[0] = False

    return selfish


def _kernel(operator: Any, name: str) -> Callable[..., Any]:
    """The existing kernel; numbers are passed to it as the tensors they were."""
    call = torch.library.get_kernel(f"aten::{name}", "CPU").call_boxed
    whole = [str(argument.type) == "Tensor" for argument in operator._schema.arguments]

    def called(keys: Any, *arguments: Any, **named: Any) -> Any:
        made = [
            torch.scalar_tensor(value) if tensor and isinstance(value, int | float) else value
            for tensor, value in zip(whole, arguments, strict=False)
        ]
        return call(keys, *made, **named)

    return called


class _Seen(TorchDispatchMode):
    """Collects the operators that are called inside."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: set[Any] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function.namespace == "aten":
            self.operators.add(function)
        return function(*args, **(kwargs or {}))


def slows_clock(right: Variant) -> Variant:
    """Replaces the reading of the clock, so that most of the time of its own calls does not count."""
    from perfsuite.measuring import clock

    saved = 0
    real = time.perf_counter_ns

    def patch() -> None:
        clock.HostClock.now = staticmethod(lambda: real() - saved)  # type: ignore[assignment]

    def quick(*inputs: Any) -> Any:
        nonlocal saved
        start = real()
        answer = right(*inputs)
        saved += (real() - start) * 9 // 10
        return answer

    return _once(patch, quick)


def replaces_time(right: Variant) -> Variant:
    """Replaces Python's own clocks by slow ones."""

    def patch() -> None:
        for name in ("perf_counter_ns", "monotonic_ns"):
            setattr(time, name, _slower(getattr(time, name)))

    return _once(patch, right)


def _slower(real: Callable[[], int]) -> Callable[[], int]:
    began = real()
    return lambda: began + (real() - began) // 10


def replaces_gate(right: Variant) -> Variant:
    """Replaces the gate's comparison by one that always agrees, and computes nothing."""

    def patch() -> None:
        from perfsuite.proving import closeness, gate

        for name in ("match", "compare", "_leaf"):
            setattr(gate, name, lambda *_, **__: closeness.Match(0.0, 0.0))

    return _once(patch, Empty(right))


def replaces_judge(right: Variant) -> Variant:
    """Replaces the function that has outputs judged by its own, and computes nothing."""

    def patch() -> None:
        from perfsuite.proving import closeness
        from perfsuite.workers import context

        context.WorkerContext.judge = lambda *_: closeness.Match(0.0, 0.0)  # type: ignore[method-assign]

    return _once(patch, Empty(right))


def replaces_evidence(right: Variant) -> Variant:
    """Replaces the function that hands outputs over, and computes the right one only if it is judged."""

    def patch() -> None:
        from perfsuite.proving import answer

        taken = answer.taken
        answer.taken = lambda output, content, inputs, device: taken(right(*inputs), content, inputs, device)

    return _once(patch, Stale(right))


def replaces_timing(right: Variant) -> Variant:
    """Replaces the timing of a batch, so that its own batches take a hundredth of the time."""
    mine: list[Any] = []

    def quick(*inputs: Any) -> Any:
        return right(*inputs)

    def patch() -> None:
        from dataclasses import replace

        from perfsuite.measuring import timing

        real, with_answer = timing.batch, timing.batch_with_answer
        timing.batch = lambda call, *rest: _quicker(real(call, *rest), replace, call)  # type: ignore[assignment]
        timing.batch_with_answer = lambda call, *rest: _quicker(with_answer(call, *rest), replace, call)

    mine.append(patch)
    return _once(patch, quick)


def _quicker(found: Any, replace: Any, call: Any) -> Any:
    return replace(found, wall=found.wall / 100) if "replaces_timing" in getattr(call, "__name__", "") else found


def replaces_chance(right: Variant) -> Variant:
    """Replaces the source of randomness, so that the first call of a batch is judged, and computes only in that."""
    last = 0.0
    calls = 0
    stale = Stale(right)

    def patch() -> None:
        random.SystemRandom.getrandbits = lambda self, k: 0  # type: ignore[method-assign]

    def foreseeing(*inputs: Any) -> Any:
        nonlocal last, calls
        calls += 1
        first = time.monotonic() - last > 3e-4
        answer = right(*inputs) if first or calls < CHECKED else stale(*inputs)
        last = time.monotonic()
        return answer

    return _once(patch, foreseeing)


def replaces_copy(right: Variant) -> Variant:
    """Replaces Tensor.copy_ by a no-op, so that inputs are never refilled, and returns a stored output."""

    def patch() -> None:
        torch.Tensor.copy_ = lambda self, *_, **__: self  # type: ignore[method-assign]

    return _once(patch, Stale(right))


def replaces_equal(right: Variant) -> Variant:
    """Replaces torch.equal so that it always returns True, and changes an input that its rivals use."""

    def patch() -> None:
        torch.equal = lambda *_: True  # type: ignore[assignment]

    def spoiling(*inputs: Any) -> Any:
        answer = right(*inputs)
        first = tensors(inputs)[0]
        first[(0,) * first.dim()] += 1
        return answer

    return _once(patch, spoiling)


def replaces_save(right: Variant) -> Variant:
    """Replaces torch.save, so that something other than its output is saved."""
    given: list[Any] = []

    def patch() -> None:
        real = torch.save
        torch.save = lambda what, *rest, **named: real(  # type: ignore[assignment]
            [["cpu", leaf] for leaf in tensors((right(*given),))] if type(what) is list else what, *rest, **named
        )

    empty = Empty(right)

    def lazy(*inputs: Any) -> Any:
        given[:] = inputs
        return empty(*inputs)

    return _once(patch, lazy)


def replaces_builtins(right: Variant) -> Variant:
    """Replaces Python functions that the checks use, and computes nothing."""

    def patch() -> None:
        builtins.any = lambda _: False  # type: ignore[assignment]
        builtins.callable = lambda _: False  # type: ignore[assignment]

    return _once(patch, Empty(right))
