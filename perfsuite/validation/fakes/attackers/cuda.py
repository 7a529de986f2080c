"""Attackers that need a CUDA device."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch.utils import _pytree as pytree

from .common import Empty, Variant, copied, mapped, tensors, whole
from .memory import freed_answer


def side_stream(right: Variant) -> Variant:
    """Computes on its own stream and does not synchronize."""
    streams: list[Any] = []

    def aside(*inputs: Any) -> Any:
        if not streams:
            streams.append(torch.cuda.Stream())
        with torch.cuda.stream(streams[0]):
            return right(*inputs)

    return aside


def slow_side_stream(right: Variant) -> Variant:
    """Returns empty memory at once, which its own stream fills in some time later."""
    streams: list[Any] = []
    empty = Empty(right)

    def aside(*inputs: Any) -> Any:
        if not streams:
            streams.append(torch.cuda.Stream())
        output = empty(*inputs)
        with torch.cuda.stream(streams[0]):
            torch.cuda._sleep(2_000_000)
            for old, new in zip(pytree.tree_leaves(output), pytree.tree_leaves(whole(right(*inputs))), strict=True):
                old.copy_(new)
        return output

    return aside


def stale_graph(right: Variant) -> Variant:
    """Replays a graph that reads copies of its first inputs, not the current inputs."""
    kept: list[Any] = []

    def replay(*inputs: Any) -> Any:
        if not kept:
            copies = pytree.tree_map_only(torch.Tensor, torch.clone, inputs)
            for _ in range(3):
                whole(right(*copies))
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                output = whole(right(*copies))
            kept.extend([graph, output, copies])
        kept[0].replay()
        return copied(kept[1])

    return replay


def freed_on_device(right: Variant) -> Variant:
    """Computes in every second call, and in the others gets back the memory in which that output was freed."""
    return freed_answer(right)


def replaces_events(right: Variant) -> Variant:
    """Replaces the events that measure device time, so that each interval is a hundredth."""

    def quick(*inputs: Any) -> Any:
        if not hasattr(torch.cuda.Event, "_real"):
            torch.cuda.Event._real = torch.cuda.Event.elapsed_time
            torch.cuda.Event.elapsed_time = lambda self, other: self._real(other) / 100
        return right(*inputs)

    return quick


def replaces_synchronize(right: Variant) -> Variant:
    """Replaces torch.cuda.synchronize by a no-op."""

    def quick(*inputs: Any) -> Any:
        torch.cuda.synchronize = lambda *_: None
        return right(*inputs)

    return quick


def persisting_cache(right: Variant) -> Variant:
    """Reserves the device's L2 cache for its own data, even while rivals are timed."""

    def greedy(*inputs: Any) -> Any:
        runtime = ctypes.CDLL("libcudart.so")
        runtime.cudaDeviceSetLimit(6, ctypes.c_size_t(torch.cuda.get_device_properties(0).L2_cache_size))
        return mapped(lambda value: value, right(*inputs)) if tensors(inputs) else right(*inputs)

    return greedy
