"""What the attackers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils import _pytree as pytree

Variant = Callable[..., Any]


def whole(output: Any) -> Any:
    """A stream as a list of its items, a number as a tensor."""
    if isinstance(output, int | float):
        return torch.tensor(output)
    return output if isinstance(output, torch.Tensor | tuple | list) else list(output)


def mapped(change: Callable[[torch.Tensor], Any], output: Any) -> Any:
    """``output`` with each of its tensors changed."""
    return pytree.tree_map_only(torch.Tensor, change, whole(output))


def copied(output: Any) -> Any:
    """A copy of ``output``."""
    return mapped(torch.clone, output)


def tensors(inputs: Any) -> list[torch.Tensor]:
    """The tensors and arrays among ``inputs``, the latter as tensors on the same memory."""
    if all(type(leaf) is torch.Tensor for leaf in inputs):  # the fast path, because attackers want to save time
        return list(inputs)
    leaves = pytree.tree_leaves(inputs)
    return [torch.as_tensor(leaf) for leaf in leaves if hasattr(leaf, "dtype")]


def main_input(inputs: Any) -> torch.Tensor:
    """The largest tensor among ``inputs``."""
    return max(tensors(inputs), key=lambda value: value.numel())


def few(inputs: Any) -> tuple[Any, ...]:
    """A few elements of each input, which are cheap to read."""
    return tuple(value.reshape(-1)[:: max(1, value.numel() // 3)].numpy().tobytes() for value in tensors(inputs))


class Empty:
    """Outputs that are not computed: of the right form, but with uninitialised memory."""

    def __init__(self, right: Variant) -> None:
        self._right = right
        self._form: Any = None

    def __call__(self, *inputs: Any) -> Any:
        """One such output. The first call computes an output, to learn its form."""
        if self._form is None:
            self._form = mapped(lambda value: (value.shape, value.dtype, value.device), self._right(*inputs))
        return pytree.tree_map(_made, self._form, is_leaf=_is_form)


def _made(form: Any) -> Any:
    """Uninitialised memory of a form; anything else, such as a number, is returned as it is."""
    return torch.empty(form[0], dtype=form[1], device=form[2]) if _is_form(form) else form


def _is_form(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], torch.dtype)


class Stale:
    """An output that is computed once and returned again and again."""

    def __init__(self, right: Variant) -> None:
        self._right = right
        self._kept: Any = None

    def __call__(self, *inputs: Any) -> Any:
        """The first output."""
        if self._kept is None:
            self._kept = copied(self._right(*inputs))
        return self._kept


def frames(frame: Any) -> Iterator[Any]:
    """A frame and its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def in_timing_loop(frame: Any) -> bool:
    """Whether the suite's timing loop is among the callers."""
    return any("timing loop" in one.f_code.co_filename for one in frames(frame))
