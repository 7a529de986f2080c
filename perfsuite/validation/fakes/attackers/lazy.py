"""Attackers whose outputs are not computed yet when they are returned, or are not new tensors."""

from __future__ import annotations

import os
import queue
import threading
from typing import Any

import torch
from torch.utils import _pytree as pytree

from .common import Empty, Variant, main_input, mapped, tensors, whole


class Later(torch.Tensor):
    """A tensor that computes its values when they are read."""

    @staticmethod
    def __new__(cls, form: torch.Tensor, compute: Any) -> Later:  # noqa: D102
        made = torch.Tensor._make_wrapper_subclass(cls, form.shape, dtype=form.dtype, device=form.device)
        made.compute = compute
        return made

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = pytree.tree_map_only(Later, lambda one: one.compute(), (args, kwargs or {}))
        return function(*args, **kwargs)


def tensor_subclass(right: Variant) -> Variant:
    """Returns a subclass of Tensor that computes when it is read."""
    empty = Empty(right)

    def later(*inputs: Any) -> Any:
        forms = empty(*inputs)
        if isinstance(forms, torch.Tensor):
            return Later(forms, lambda: right(*inputs))
        leaves, form = pytree.tree_flatten(forms)
        parts = [
            Later(leaf, lambda at=at: pytree.tree_leaves(whole(right(*inputs)))[at]) if hasattr(leaf, "shape") else leaf
            for at, leaf in enumerate(leaves)
        ]
        return pytree.tree_unflatten(parts, form)

    return later


def own_method(right: Variant) -> Variant:
    """Returns a plain tensor without a result, with its own method that computes it."""
    empty = Empty(right)

    def later(*inputs: Any) -> Any:
        output = empty(*inputs)
        for at, leaf in enumerate(pytree.tree_leaves(output)):
            if isinstance(leaf, torch.Tensor):
                leaf.detach = lambda at=at: pytree.tree_leaves(whole(right(*inputs)))[at]
        return output

    return later


class LazyTuple(tuple):
    """A tuple that computes when it is iterated over."""

    def __iter__(self) -> Any:
        return iter(pytree.tree_leaves(whole(self.compute())))


def lazy_tuple(right: Variant) -> Variant:
    """Returns a subclass of tuple that computes when it is iterated over."""

    def later(*inputs: Any) -> Any:
        made = LazyTuple([0])
        made.compute = lambda: right(*inputs)
        return made

    return later


def generator(right: Variant) -> Variant:
    """Returns a generator that computes when its items are read."""

    def later(*inputs: Any) -> Any:
        yield from pytree.tree_leaves(whole(right(*inputs)))

    return later


def thread(right: Variant) -> Variant:
    """Hands the work to a thread, and returns at once."""
    empty = Empty(right)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    started: list[threading.Thread] = []

    def work() -> None:
        while True:
            output, inputs = jobs.get()
            for old, new in zip(pytree.tree_leaves(output), pytree.tree_leaves(whole(right(*inputs))), strict=True):
                old.copy_(new)

    def later(*inputs: Any) -> Any:
        if not started:
            started.append(threading.Thread(target=work, daemon=True))
            started[0].start()
        output = empty(*inputs)
        jobs.put((output, inputs))
        return output

    return later


def child(right: Variant) -> Variant:
    """Hands the work to a process that writes into shared memory, and returns at once."""
    empty = Empty(right)

    def later(*inputs: Any) -> Any:
        output = mapped(lambda value: value.share_memory_(), empty(*inputs))
        if not os.fork():
            for old, new in zip(pytree.tree_leaves(output), pytree.tree_leaves(whole(right(*inputs))), strict=True):
                old.copy_(new)
            os._exit(0)
        return output

    return later


def input_itself(right: Variant) -> Variant:
    """Returns an input itself, without copying it."""
    return lambda *inputs: pytree.tree_map(lambda _: main_input(inputs), whole(right(*inputs)))


def view_of_input(right: Variant) -> Variant:
    """Returns a view of an input."""

    def view(*inputs: Any) -> Any:
        source = main_input(inputs)
        return mapped(lambda value: source.as_strided(value.shape, [0] * value.dim()), right(*inputs))

    return view


def written_over_input(right: Variant) -> Variant:
    """Writes its output over an input, and returns that."""

    def over(*inputs: Any) -> Any:
        output = whole(right(*inputs))
        first = pytree.tree_leaves(output)[0]
        fitting = [one for one in tensors(inputs) if one.numel() >= first.numel() and one.dtype == first.dtype]
        if not fitting:
            return mapped(lambda value: main_input(inputs).as_strided(value.shape, [0] * value.dim()), output)
        place = fitting[0].as_strided(first.shape, first.contiguous().stride())
        return pytree.tree_map(lambda leaf: place.copy_(leaf) if leaf is first else leaf, output)

    return over
