"""A loss for every step: ``values`` (n,), float32, written down as scalars of one tag with the steps 0, 1, 2, ...

Each variant returns the bytes of the files that it wrote, uint8. Opening and closing them is inside the clock.
"""

import csv
import json
from pathlib import Path

import torch

from ._log import MEMORY, by_hand, compiled_checksum, event, left, logged

TAG = "loss"


def _add_all(values: torch.Tensor):
    """What adds the values one by one to a writer."""

    def write(writer) -> None:
        for step, value in enumerate(values.tolist()):
            writer.add_scalar(TAG, value, step)

    return write


def flush_each(values: torch.Tensor) -> torch.Tensor:
    """``flush()`` after each: this thread waits for the writer's thread every time.

    TB-08.
    """

    def write(writer) -> None:
        for step, value in enumerate(values.tolist()):
            writer.add_scalar(TAG, value, step)
            writer.flush()

    return logged(write)


def add_scalars(values: torch.Tensor) -> torch.Tensor:
    """``add_scalars``, for curves in one picture: each curve is a run of its own, with its file and its thread.

    TB-01.
    """

    def write(writer) -> None:
        for step, value in enumerate(values.tolist()):
            writer.add_scalars(TAG, {"train": value}, step)

    return logged(write)


def queue_1(values: torch.Tensor) -> torch.Tensor:
    """``max_queue=1``: the queue is always full, so two threads take turns.

    TB-08.
    """
    return logged(_add_all(values), max_queue=1)


def add_tensor(values: torch.Tensor) -> torch.Tensor:
    """The tensor itself, as a loop has it: an array is made around each number, and on a GPU each waits for the device.

    TB-01.
    """

    def write(writer) -> None:
        for step, value in enumerate(values):
            writer.add_scalar(TAG, value, step)

    return logged(write)


def add_scalar(values: torch.Tensor) -> torch.Tensor:
    """The source's ``add_scalar``, a Python number for each step.

    TB-01.
    """
    return logged(_add_all(values))


def tmpfs(values: torch.Tensor) -> torch.Tensor:
    """The same to a file system in memory: the disk is not what one waits for.

    TB-08.
    """
    return logged(_add_all(values), MEMORY)


def queue_1000(values: torch.Tensor) -> torch.Tensor:
    """``max_queue=1000``: the loop never waits for a full queue, and ``close`` waits for all of it.

    TB-08.
    """
    return logged(_add_all(values), max_queue=1000)


def _summaries(values: torch.Tensor):
    """The entries of the values, without the library's detour through an array."""
    try:
        from tensorboard.compat.proto.summary_pb2 import Summary
    except ImportError as problem:
        raise NotImplementedError(f"needs tensorboard: {problem}") from problem
    return (Summary(value=[Summary.Value(tag=TAG, simple_value=value)]) for value in values.tolist())


def add_summary(values: torch.Tensor) -> torch.Tensor:
    """Entries made by hand, handed to the same writer: what ``add_scalar`` itself costs is gone.

    TB-01.
    """

    def write(writer) -> None:
        for step, summary in enumerate(_summaries(values)):
            writer.file_writer.add_summary(summary, step)

    return logged(write)


def records(values: torch.Tensor) -> torch.Tensor:
    """No thread, no queue, and a file that stays open: TensorBoard's own opens and closes it for each record.

    TB-08. So it is where TensorFlow is not installed.
    """
    summaries = _summaries(values)
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    return by_hand((event(summary, step) for step, summary in enumerate(summaries)), masked_crc32c)


def records_compiled(values: torch.Tensor) -> torch.Tensor:
    """And with the checksum compiled, which TensorBoard computes byte by byte in Python.

    TB-08.
    """
    summaries = _summaries(values)
    return by_hand((event(summary, step) for step, summary in enumerate(summaries)), compiled_checksum())


def json_lines(values: torch.Tensor) -> torch.Tensor:
    """A line of JSON for each step, which no TensorBoard reads and every other tool does.

    TB-01.
    """

    def leave(folder: str) -> None:
        with Path(folder, "log.jsonl").open("w", encoding="utf-8") as opened:
            for step, value in enumerate(values.tolist()):
                opened.write(json.dumps({"step": step, TAG: value}) + "\n")

    return left(leave)


def comma_separated(values: torch.Tensor) -> torch.Tensor:
    """A row of a table for each step.

    TB-01.
    """

    def leave(folder: str) -> None:
        with Path(folder, "log.csv").open("w", encoding="utf-8", newline="") as opened:
            rows = csv.writer(opened)
            rows.writerow(["step", TAG])
            rows.writerows(enumerate(values.tolist()))

    return left(leave)
