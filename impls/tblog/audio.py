"""A sound: ``samples`` (n,), float32 between -1 and 1, at 8,000 a second, as 16-bit WAV.

Each variant returns the bytes of the event file, uint8. A sample is ``32767 x`` towards 0.
"""

import io
import wave

import torch

from ._log import by_hand, compiled_checksum, event, logged

TAG, RATE = "sound", 8000


def _summary(samples: torch.Tensor):
    """The entry with a WAV file."""
    try:
        from tensorboard.compat.proto.summary_pb2 import Summary
    except ImportError as problem:
        raise NotImplementedError(f"needs tensorboard: {problem}") from problem
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(RATE)
        opened.writeframes((samples * 32767).to(torch.int16).numpy().tobytes())
    sound = Summary.Audio(
        sample_rate=RATE,
        num_channels=1,
        length_frames=len(samples),
        encoded_audio_string=buffer.getvalue(),
        content_type="audio/wav",
    )
    return Summary(value=[Summary.Value(tag=TAG, audio=sound)])


def add_audio(samples: torch.Tensor) -> torch.Tensor:
    """``add_audio``: nothing is compressed, so the checksum in Python goes through all of it.

    TB-07.
    """
    return logged(lambda writer: writer.add_audio(TAG, samples, sample_rate=RATE))


def records_compiled(samples: torch.Tensor) -> torch.Tensor:
    """The same entry with the checksum compiled.

    TB-07.
    """
    return by_hand([event(_summary(samples))], compiled_checksum())
