"""Show the logs in TensorBoard; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is handed on to TensorBoard."""
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENTS", help="for TensorBoard, such as --port 6007")


def main(options: argparse.Namespace) -> int:
    """Run TensorBoard on the logs of the results, and return its exit code.

    Raises:
        ValueError: there is nothing to show, or TensorBoard is not installed.
    """
    logs = options.results / "tensorboard"
    if not importlib.util.find_spec("tensorboard"):
        raise ValueError("TensorBoard is not installed: pip install tensorboard torch-tb-profiler, then run or profile")
    if not logs.is_dir():
        raise ValueError(f"nothing to show in {logs}: `run` and `profile` write there where TensorBoard is installed")
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), *options.arguments]
    return subprocess.run(command, check=False).returncode
