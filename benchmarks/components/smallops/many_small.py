"""RD-05: N small additions compared with a big one, by number of tensors and by size."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of N tensors of ``size`` elements each, and the same values in one tensor (N, size)."""
    import torch

    flat = torch.randn(case.shape["count"], case.shape["size"], generator=generator)
    return [row.clone() for row in flat], flat


def reference(case: Case, tensors: Any, flat: Any) -> Any:
    """All sums, as one tensor (N, size) in float64."""
    import torch

    return torch.stack(tensors).double() + 1


def tolerance(case: Case, expected: Any, tensors: Any, flat: Any) -> Any:
    """One rounding: half a unit in the last place, ``2^-24 |x + 1|``."""
    return 2.0**-24 * expected.abs()


def canonical(case: Case, output: Any) -> Any:
    """A list of sums as one tensor (N, size)."""
    import torch

    return output if isinstance(output, torch.Tensor) else torch.stack(list(output))


def flops(case: Case) -> int:
    """One addition for each element."""
    return int(case.shape["count"] * case.shape["size"])


def bytes(case: Case) -> int:
    """Every element read once and written once."""
    return 2 * 4 * int(case.shape["count"] * case.shape["size"])


def few(count: int) -> Case:
    """``count`` tensors of ten elements: the number of operators."""
    return Case(f"{count}x10", {"count": count, "size": 10}, series="tensors of 10", size=count)


def hundred(size: int, **more: Any) -> Case:
    """A hundred tensors of ``size`` elements: the size of operators."""
    return Case(f"100x{size}", {"count": 100, "size": size}, series="100 tensors", size=size, **more)


COMPONENT = Component(
    name="smallops.many_small",
    title="Many small additions or one big one",
    question="What is the fixed cost of an operator, and from what size does the size matter?",
    rows=("RD-05",),
    cases=(
        few(100),
        few(1),
        few(10),
        few(1000),
        *(hundred(size) for size in (1_000, 10_000, 30_000)),
        hundred(1_000_000, opt_in="0.8 GB", memory=2_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    graphed=("loop", "foreach", "one_add"),
    canonical=canonical,
    work={
        "stack": "Copies all tensors together first: every element is read and written twice.",
        "one_add": "Gets the tensors in one block and returns the sums in one block: no list is made.",
        "loop_out": "Writes to preallocated tensors.",
        "numpy_out": "Writes to preallocated memory through existing arrays; no tensor is made.",
    },
    left_out={
        "a loop written in C++": "On the CPU, torch._foreach_add is that loop: at::add for each tensor.",
        "vmap": "It needs the tensors stacked, and is then the variant `stack` plus tracing.",
    },
)
