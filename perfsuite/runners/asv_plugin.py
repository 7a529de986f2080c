"""asv's plugin: where today's engine is, and environments that uv makes.

``"plugins": [".perfsuite.runners.asv_plugin"]`` in ``asv.conf.json`` loads it into asv's own process, from the engine
that is installed beside asv. asv's environments have the package of a commit and no engine; they get this one through
``PERFSUITE_ENGINE``, unless that is set already. So an old commit is measured by today's engine, published or not, and
no path of a machine is in a file that is committed.

asv's own ``uv`` type installs with pip: two minutes and five gigabytes for torch, where uv links from its cache.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from asv import environment, util
from asv.plugins.uv import Uv

from perfsuite.project.settings import ENGINE

VARIABLE = "PERFSUITE_ENGINE"  # the folder of the package perfsuite


def setup() -> None:
    """Set ``PERFSUITE_ENGINE``, and put uv on the path where it is only a module, beside the Python that runs asv.

    Raises:
        asv.util.UserError: the variable is set to something else.
    """
    engine = Path(os.environ.get(VARIABLE) or ENGINE).resolve()
    if not (engine / "runners" / "asv_front.py").is_file():
        raise util.UserError(f"{VARIABLE}={engine} is not the folder of the package perfsuite")
    os.environ[VARIABLE] = str(engine)
    if shutil.which("uv"):
        return
    try:
        from uv import find_uv_bin
    except ImportError:
        return
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(find_uv_bin()).parent)])


class UvInstall(Uv):  # type: ignore[misc]
    """An environment made and filled by uv: packages are links into its cache, which takes seconds and no space."""

    tool_name = "uv-install"

    def __init__(self, *arguments: object) -> None:
        if not shutil.which("uv"):
            raise environment.EnvironmentUnavailable("asv's environments are made by uv: pip install uv")
        super().__init__(*arguments)

    def _setup(self) -> None:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        python = sys.executable if self._python == here else self._python
        util.check_call(["uv", "venv", "--python", python, "--no-project", "--seed", self._path])
        wanted = {**self._requirements, **self._base_requirements}
        del wanted["pip+pympler"]  # only for asv's mem_ benchmarks, and would import numpy in every parameter's process
        pins = {name.removeprefix("pip+"): version for name, version in wanted.items()}
        requirements = [f"{name}=={pin}" if pin[:1].isdigit() else name + pin for name, pin in pins.items()]
        util.check_call(["uv", "pip", "install", "--python", self._path, *requirements], timeout=1800)
