"""asv's plugin: environments that uv makes, with uv doing the installing too.

asv's own ``uv`` type installs with pip: two minutes and five gigabytes for torch, where uv links from its cache.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from asv import util
from asv.plugins.uv import Uv


def setup() -> None:
    """Put uv on the path where it is only installed as a module, beside the Python that runs asv."""
    if shutil.which("uv"):
        return
    try:
        from uv import find_uv_bin
    except ImportError:
        raise util.UserError("asv's environments are made by uv: pip install uv") from None
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(find_uv_bin()).parent)])


class UvInstall(Uv):
    """An environment made and filled by uv: packages are links into its cache, which takes seconds and no space."""

    tool_name = "uv-install"

    def _setup(self) -> None:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        python = sys.executable if self._python == here else self._python
        util.check_call(["uv", "venv", "--python", python, "--no-project", "--seed", self._path])
        wanted = {**self._requirements, **self._base_requirements}
        del wanted["pip+pympler"]  # only for asv's mem_ benchmarks, and would import numpy in every parameter's process
        pins = {name.removeprefix("pip+"): version for name, version in wanted.items()}
        requirements = [f"{name}=={pin}" if pin[:1].isdigit() else name + pin for name, pin in pins.items()]
        util.check_call(["uv", "pip", "install", "--python", self._path, *requirements], timeout=1800)
