"""The bytes of event files, read back as in TensorBoard, to check what was logged."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from perfsuite.model.component import Case


def content(output: Any) -> bytes:
    """The bytes that a variant returns.

    Raises:
        ValueError: the output is not a one-dimensional uint8 tensor.
    """
    import torch

    if output.dtype != torch.uint8 or output.dim() != 1:
        raise ValueError(f"expected bytes, not {output.dtype} of shape {tuple(output.shape)}")
    return bytes(output.numpy())


def events(output: Any) -> Any:
    """An ``EventAccumulator`` with all events in the bytes of event files.

    Raises:
        ValueError: a record is damaged. The accumulator would silently drop it and everything after it.
    """
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    at, whole = 0, content(output)
    while at < len(whole):
        length, at = whole[at : at + 8], at + 12
        end = at + int.from_bytes(length, "little")
        for part, after in ((length, at - 4), (whole[at:end], end)):
            if whole[after : after + 4] != masked_crc32c(part).to_bytes(4, "little"):
                raise ValueError(f"the record at byte {at - 12} is damaged")
        at = end + 4
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "events.out.tfevents.0").write_bytes(whole)
        everything = event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE
        return event_accumulator.EventAccumulator(folder, size_guidance=everything).Reload()


def decoded(png: bytes) -> Any:
    """The pixels of a PNG with three equal colour channels, (height, width), uint8.

    Raises:
        ValueError: the colours differ.
    """
    import io

    import numpy
    import torch
    from PIL import Image

    pixels = torch.from_numpy(numpy.array(Image.open(io.BytesIO(png)).convert("RGB")))
    if not bool((pixels == pixels[:, :, :1]).all()):
        raise ValueError("the picture is not grey")
    return pixels[:, :, 0]


def exact(case: Case, expected: Any, *inputs: Any) -> Any:
    """The logged values must equal the inputs."""
    return 0.0


def nothing(case: Case) -> int:
    """No arithmetic."""
    return 0


def smooth(shape: tuple[int, ...], generator: Any) -> Any:
    """Grey pictures of ``shape`` (n, 1, height, width) that a PNG can compress as it does a feature map.

    Half their pixels are 0, as after ReLU. A value lies a tenth of a level below the one above it: rounding
    in float32 does not decide which it becomes, and in bfloat16 it does.
    """
    import torch

    coarse = torch.randn(shape[0], 1, 4, 4, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=shape[2:], mode="bilinear").clamp(0, 2)
    return (fine * 127).floor().add(0.9) / 255
