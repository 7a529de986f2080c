"""CK-01, CK-03: a state written in several formats, to a file, to memory, and with a sync to disk."""

from __future__ import annotations

from typing import Any

from benchmarks.components.checkpoint import _states as states
from perfsuite.model.component import Case, Component, Inputs

FEW = ("torch_save", "safetensors", "raw", "one_block")
SAFE = ("torch_save_fsync", "safetensors_fsync", "torch_save", "safetensors", "one_block")


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of normal float32 tensors."""
    return (states.drawn(case, generator),)


def canonical(case: Case, output: Any) -> Any:
    """The tensors in the bytes. The format is detected from the bytes.

    Raises:
        ValueError: the output is not a one-dimensional uint8 tensor, or the format is unknown.
    """
    import io
    import zipfile

    import numpy
    import torch

    if output.dtype != torch.uint8 or output.dim() != 1:
        raise ValueError(f"expected bytes, not {output.dtype} of shape {tuple(output.shape)}")
    if len(output) == 4 * states.numbers(case):
        shapes = states.shapes(case)
        parts = output.clone().view(torch.float32).split([torch.Size(shape).numel() for shape in shapes])
        return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
    content = output.numpy().tobytes()
    if content[8:9] == b"{":
        from safetensors.torch import load

        state = load(content)
    elif zipfile.is_zipfile(io.BytesIO(content)) and b".npy" in content[:100]:
        with numpy.load(io.BytesIO(content)) as arrays:
            state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    else:
        state = torch.load(io.BytesIO(content), weights_only=True)
    if sorted(state) != [f"{number:04}" for number in range(len(state))]:
        raise ValueError(f"its tensors are named {sorted(state)}")
    return [state[name] for name in sorted(state)]


def reference(case: Case, tensors: Any) -> Any:
    """The tensors."""
    return [tensor.double() for tensor in tensors]


COMPONENT = Component(
    name="checkpoint.save",
    title="A state saved",
    question="How much of the saving time is the format, the file system, and the disk?",
    rows=("CK-01", "CK-03"),
    cases=(
        states.network("mlp"),
        states.copies(8, only=SAFE),
        states.copies(100, only=SAFE, opt_in="265 MB per file"),
        states.small(1000, only=("numpy_archive", *FEW)),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="torch_save",
    devices=("cpu",),
    canonical=canonical,
    work={
        "compressed": "Searches for patterns, which normal numbers do not have.",
        "torch_save_fsync": "Waits for the disk.",
        "safetensors_fsync": "Waits for the disk.",
        "raw": "Writes neither names nor shapes.",
        "safetensors_in_memory": "Writes no file; the bytes are copied once more to make a tensor.",
        "torch_save_in_memory": "Writes no file.",
        "one_block": "Only copies the numbers: no names, no file.",
    },
    left_out={
        "asynchronous saving": "Training waits for `one_block`; the rest is like the others, in another thread.",
        "the distributed checkpoint": "It is designed for many processes: its files and metadata are for resharding.",
    },
)
