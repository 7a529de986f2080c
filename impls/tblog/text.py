"""A table of numbers as text: ``rows`` (n, 3), float32, one line for each row, its numbers between bars.

Each variant returns the bytes of the event file, uint8. The lines, joined in the order of tag and step, are the table.
"""

import torch

from ._log import logged


def _lines(rows: torch.Tensor) -> list[str]:
    return [f"|{'|'.join(map(repr, row))}|" for row in rows.tolist()]


def line_by_line(rows: torch.Tensor) -> torch.Tensor:
    """``add_text`` for each line: an entry with its own tag, shape and plugin data.

    TB-07.
    """

    def write(writer) -> None:
        for step, line in enumerate(_lines(rows)):
            writer.add_text("table", line, step)

    return logged(write)


def at_once(rows: torch.Tensor) -> torch.Tensor:
    """One ``add_text`` for the whole table.

    TB-07.
    """
    return logged(lambda writer: writer.add_text("table", "\n".join(_lines(rows)), 0))
