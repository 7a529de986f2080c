"""The settings of a run and what came of them: ``settings`` (6,) and ``metrics`` (3,), float32.

Each variant returns the bytes of the event files, uint8: settings "s0", "s1", ..., metrics "m0", "m1", ...
"""

import torch

from ._log import logged

Table = dict[str, float]


def _tables(settings: torch.Tensor, metrics: torch.Tensor) -> tuple[Table, Table]:
    return (
        {f"s{number}": value for number, value in enumerate(settings.tolist())},
        {f"m{number}": value for number, value in enumerate(metrics.tolist())},
    )


def add_hparams(settings: torch.Tensor, metrics: torch.Tensor) -> torch.Tensor:
    """The source's ``add_hparams``: a second writer for a run below this one, with its own file and thread.

    TB-06.
    """
    return logged(lambda writer: writer.add_hparams(*_tables(settings, metrics), run_name="run"))


def same_writer(settings: torch.Tensor, metrics: torch.Tensor) -> torch.Tensor:
    """The same entries in the run's own file, made by the library's function.

    TB-06.
    """

    def write(writer) -> None:
        from torch.utils.tensorboard.summary import hparams

        table, results = _tables(settings, metrics)
        for summary in hparams(table, results):
            writer.file_writer.add_summary(summary)
        for name, value in results.items():
            writer.add_scalar(name, value)

    return logged(write)
