"""Attackers that change state shared by all variants of a process, to be faster than the others."""

from __future__ import annotations

import threading
from typing import Any

import torch

from .common import Variant


def more_threads(right: Variant) -> Variant:
    """Makes torch use more threads than the cell allows."""

    def greedy(*inputs: Any) -> Any:
        torch.set_num_threads(torch.get_num_threads() + 1)
        return right(*inputs)

    return greedy


def flushes_denormals(right: Variant) -> Variant:
    """Makes the processor treat very small numbers as zero."""

    def careless(*inputs: Any) -> Any:
        torch.set_flush_denormal(True)
        return right(*inputs)

    return careless


def lower_precision(right: Variant) -> Variant:
    """Lowers the precision of matrix products for all variants."""

    def careless(*inputs: Any) -> Any:
        torch.set_float32_matmul_precision("medium")
        return right(*inputs)

    return careless


def spins_beside_rivals(right: Variant) -> Variant:
    """Leaves a thread that spins while rivals are timed, and pauses in its own calls."""
    mine = threading.Event()
    started: list[threading.Thread] = []

    def spin() -> None:
        while True:
            if mine.is_set():
                mine.wait(1e-4)

    def selfish(*inputs: Any) -> Any:
        if not started:
            started.append(threading.Thread(target=spin, daemon=True))
            started[0].start()
        mine.set()
        try:
            return right(*inputs)
        finally:
            mine.clear()

    return selfish
