"""The machine that the doctor inspects, and its findings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from perfsuite.host import machine
from perfsuite.measuring.processor import Processor
from perfsuite.project import catalogue

PROJECT = catalogue.ROOT
IMPORTS = """
import json
told = {}
for name in ("torch", "torchvision"):
    try:
        module = __import__(name)
        told[name] = {"version": module.__version__}
    except Exception as problem:
        told[name] = {"problem": f"{type(problem).__name__}: {problem}".splitlines()[0]}
        if isinstance(problem, ModuleNotFoundError) and problem.name == name:
            told[name] = {}
if "version" in told["torch"]:
    import torch
    told["built"] = torch.version.cuda or torch.version.hip or ""
    told["gpus"] = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    told["capability"] = torch.backends.cpu.get_cpu_capability()
    told["threads"] = torch.get_num_threads()
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    mark: str  # "ok"; "note": optional, or it affects results; "missing": nothing can be measured without it
    subject: str
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Place:
    """The machine and project to inspect."""

    root: Path = machine.ROOT
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    project: Path = PROJECT
    sleep: Callable[[float], None] = time.sleep
    usage: Callable[[Path], Any] = shutil.disk_usage
    processor: Callable[[], Processor] = Processor
    temporary: str = field(default_factory=tempfile.gettempdir)

    @cached_property
    def torch(self) -> dict[str, Any]:
        """What a fresh process reports about torch and torchvision: per name a version, a problem, or nothing."""
        command = [sys.executable, "-P", "-c", IMPORTS]
        environ = dict(self.environ)
        done = subprocess.run(
            command, capture_output=True, timeout=180, env=environ, encoding="utf-8", errors="replace"
        )
        try:
            return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]
        except (IndexError, ValueError):
            last = ([line for line in done.stderr.splitlines() if line.strip()] or [""])[-1]
            return {"torch": {"problem": f"importing it exits with code {done.returncode} {last}".rstrip()}}
