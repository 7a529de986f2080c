"""The environment variables of a worker, and the precompiled headers that workers share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from perfsuite.host import scratch
from perfsuite.project.catalogue import ROOT
from perfsuite.project.settings import SIDE, VARIABLE

SETTINGS = {  # set in every worker before anything is imported
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # the compiler starts no processes
    "KINETO_LOG_LEVEL": "99",  # the profiler keeps quiet
    "HF_HUB_OFFLINE": "1",  # no downloads, even if a variant requests one
    "TOKENIZERS_PARALLELISM": "false",  # one core, unless a variant changes it
}


def inherited() -> dict[str, str]:
    """The user's environment with the settings of every worker; bytecode is cached."""
    changed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name in ("LOGNAME", "USER"):  # torch's compiler uses it as a folder name and passes the path on a command line
        if not changed.get(name) or not scratch.compilable(changed[name]):
            changed[name] = "user"
    if not shutil.which("openssl"):  # torch's compiler needs it to identify its precompiled headers
        changed["TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS"] = "0"
    return {**changed, **SETTINGS, VARIABLE: str(ROOT), SIDE: ""}


def share_headers(where: Path, caches: Path) -> None:
    """Let torch's compiler reuse headers precompiled by an earlier worker of the run, which takes ten seconds.

    It stores them in ``where``, in the worker's temporary folder, regardless of TORCHINDUCTOR_CACHE_DIR.
    """
    shared = caches.resolve() / "headers"
    shared.mkdir(parents=True, exist_ok=True)
    where.symlink_to(shared, target_is_directory=True)
