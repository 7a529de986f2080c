"""Remove old results; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import shutil

from perfsuite.history import index
from perfsuite.host import data, scratch

FOLDERS = ("report", "tensorboard", "tensorboard-hparams", "profile", "explain", "journal", "query", index.PLACE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is kept, and what is removed."""
    parser.add_argument("--keep", type=int, default=10, help="record files to keep (default 10)")
    parser.add_argument("--data", action="store_true", help="remove the generated data instead of results")


def main(options: argparse.Namespace) -> int:
    """Remove, and print what was removed.

    Raises:
        ValueError: ``--keep`` is below 0.
    """
    if options.data:
        held = data.holdings()
        data.remove()
        size = sum(held.values()) / 1e6
        print(f"removed {len(held)} sets of generated data, {size:,.0f} MB; they are generated again when used")
        return 0
    if options.keep < 0:
        raise ValueError(f"--keep {options.keep} is negative: keep 0 or more")
    records = sorted(options.results.glob("*/*.jsonl.gz"), key=lambda path: path.name)
    old = records[: len(records) - options.keep]
    comparisons = sorted((options.results / "compare").glob("*.jsonl"))
    gone = comparisons[: len(comparisons) - options.keep]
    for path in old:
        path.unlink()
    for path in gone:
        for part in path.parent.glob(f"{path.stem}.*"):
            part.unlink()
    folders = [options.results / name for name in FOLDERS]
    for folder in (*folders, *(options.results / "compare").glob(".trees-*")):
        if folder.exists():
            shutil.rmtree(folder)
    kept = f"{len(records) - len(old)} record files and {len(comparisons) - len(gone)} comparisons"
    print(f"removed {len(old)} record files, {len(gone)} comparisons, reports, traces and journals; kept {kept}")
    if left := scratch.sweep():
        print(f"removed {len(left)} temporary folders of killed runs")
    return 0
