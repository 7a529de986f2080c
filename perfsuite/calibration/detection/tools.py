"""The detectors: each takes series of logarithms of times, (series, runs), and returns the positions of their steps."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfsuite.calibration.detection import otava_worker
from perfsuite.calibration.detection.noise import NORMAL, Floats
from perfsuite.history import detecting
from perfsuite.host import data
from perfsuite.project import environments

CELLS = 1200  # of a history
OTAVA = "apache-otava==0.8.0"
Found = list[list[int]]


@dataclass(frozen=True)
class Tool:
    """A detector with its default rule."""

    name: str
    rule: str
    find: Callable[[Floats], Found]
    missing: Callable[[], str]  # why it cannot be run here, or ""


def ours(logs: Floats) -> Found:
    """The steps of a history of :data:`CELLS` cells, some of which are in ``logs``."""
    return [[step.at for step in steps] for steps in detecting.search(logs, CELLS)]


def _pelt(logs: Floats) -> Found:
    """The exact search for the least squared deviations, with the penalty of the Bayesian information criterion."""
    import ruptures

    found = []
    for series in logs:
        variance = (NORMAL * np.median(np.abs(np.diff(series)))) ** 2 / 2
        search = ruptures.KernelCPD(kernel="linear", min_size=3).fit(series[:, None])
        found.append(search.predict(pen=max(2 * variance * math.log(len(series)), 1e-12))[:-1])
    return found


def _asv(logs: Floats) -> Found:
    from asv import step_detect

    return [[step[0] for step in step_detect.detect_steps(np.exp(series).tolist())[1:]] for series in logs]


def _otava(logs: Floats) -> Found:
    times = json.dumps(np.exp(logs).tolist())
    done = subprocess.run(
        [str(_python()), otava_worker.__file__], input=times, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise ValueError(f"otava failed: {done.stderr.strip().splitlines()[-1]}")
    found: Found = json.loads(done.stdout)
    return found


def _python() -> Path:
    """The Python of the environment with otava, which is made if it is missing: it requires another numpy."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = data.folder().parent / "tools" / f"{OTAVA.replace('==', '-')}-python{version}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "made").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        environments.uv("venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(folder))
        environments.uv("pip", "install", "--quiet", "--python", str(python), OTAVA)
        (folder / "made").touch()
    return python


def _without_otava() -> str:
    try:
        _python()
    except ValueError as problem:
        return str(problem)
    return ""


def _package(name: str) -> Callable[[], str]:
    return lambda: "" if importlib.util.find_spec(name) else f"{name} is not installed: `pip install {name}`"


OURS = Tool("perfsuite", "at most 5 % of histories of 1,200 cells with a false step", ours, lambda: "")
TOOLS = (
    OURS,
    Tool("apache-otava", "E-divisive and t-test, p < 0.001", _otava, _without_otava),
    Tool("ruptures", "PELT, squared deviations, penalty BIC", _pelt, _package("ruptures")),
    Tool("asv", "`step_detect`, the penalty it chooses itself", _asv, _package("asv")),
)
