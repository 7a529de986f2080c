"""TB-07: a sound of one second."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``samples`` (n,) in (-1, 1), float32, each half-way between two of the levels that it can become."""
    import torch

    level = torch.randint(32767, (case.shape["n"],), generator=generator)
    sign = 1 - 2 * torch.randint(2, level.shape, generator=generator)
    return ((level + 0.5) * sign / 32767,)


def canonical(case: Case, output: Any) -> Any:
    """The samples of the sound, int16 (n,).

    Raises:
        ValueError: it is not 16 bits, one channel, 8,000 samples per second.
    """
    import io
    import wave

    import numpy
    import torch

    (entry,) = log.events(output).Audio("sound")
    with wave.open(io.BytesIO(entry.encoded_audio_string)) as opened:
        kind = opened.getnchannels(), opened.getsampwidth(), opened.getframerate(), entry.sample_rate
        if kind != (1, 2, 8000, 8000):
            raise ValueError(f"channels, bytes, rate: {kind}")
        return torch.from_numpy(numpy.frombuffer(opened.readframes(opened.getnframes()), "<i2").copy())


def reference(case: Case, samples: Any) -> Any:
    """``32767 x``, rounded towards 0."""
    import torch

    return (samples.double() * 32767).trunc().to(torch.int16)


def flops(case: Case) -> int:
    """One product for each sample."""
    return int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each sample read as four bytes and written as two."""
    return 6 * int(case.shape["n"])


COMPONENT = Component(
    name="tblog.audio",
    title="A sound in a log",
    question="What does it cost to log a second of sound?",
    rows=("TB-07",),
    cases=(Case("8000", {"n": 8000}),),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=flops,
    bytes=bytes,
    baseline="add_audio",
    devices=("cpu",),
    canonical=canonical,
    work={"records_compiled": "Has no writer thread."},
)
