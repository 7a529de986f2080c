"""The environment variables of a worker, and what its compiler shares with those of others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from perfsuite.host import scratch
from perfsuite.project.catalogue import ROOT
from perfsuite.project.settings import VARIABLE

SETTINGS = {  # of every worker, before anything is imported
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # the compiler starts no processes
    "KINETO_LOG_LEVEL": "99",  # the profiler keeps quiet
    "HF_HUB_OFFLINE": "1",  # nothing is downloaded, whatever a variant asks for
    "TOKENIZERS_PARALLELISM": "false",  # one core, unless a variant says otherwise
}


def inherited() -> dict[str, str]:
    """The user's environment and what is set in every worker; bytecode is cached."""
    changed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name in ("LOGNAME", "USER"):  # torch's compiler makes a folder of it, and writes its path on a command line
        if not changed.get(name) or not scratch.compilable(changed[name]):
            changed[name] = "user"
    if not shutil.which("openssl"):  # with which it tells its precompiled headers apart
        changed["TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS"] = "0"
    return {**changed, **SETTINGS, VARIABLE: str(ROOT)}


def share_headers(where: Path, caches: Path) -> None:
    """Let torch's compiler find the headers that an earlier worker of the run has precompiled: that takes ten seconds.

    It keeps them in ``where``, in the worker's temporary folder, whatever TORCHINDUCTOR_CACHE_DIR says.
    """
    shared = caches.resolve() / "headers"
    shared.mkdir(parents=True, exist_ok=True)
    where.symlink_to(shared, target_is_directory=True)
