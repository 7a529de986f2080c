"""Builds what the variants need beyond Python, once per machine: files in the user's cache, named by their content."""

import functools
import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

FLAGS = ("-O3", "-march=native", "-fPIC")
LINK = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The file ``name`` of the cache, made by ``make(path)`` when it is not there yet.

    It appears by a rename: another process sees all of it or nothing, and of two that make it at once one is kept.
    The cache is ``torch-perf-suite`` in ``$XDG_CACHE_HOME``, or in ``~/.cache``.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "torch-perf-suite")
    target = cache / name
    if not target.exists():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = Path(scratch, name)
            make(made)
            made.replace(target)
    return target


def key(*parts: str) -> str:
    """A short name for a content: the same parts give the same name, in every process."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@functools.cache
def extension(source: Path, flags: tuple[str, ...] = FLAGS) -> ModuleType:
    """The extension module in the C file ``source``, which may include ``Python.h`` and the C library.

    Raises:
        NotImplementedError: there is no C compiler called ``cc``, or no ``Python.h``.
        RuntimeError: the source does not compile.
    """
    include = sysconfig.get_path("include")
    if not Path(include, "Python.h").exists():
        raise NotImplementedError(f"needs a C compiler and Python.h, which is not in {include}")
    # The macros that the compiler starts with tell its version and, after -march=native, what this CPU can do.
    macros = _compile(*flags, "-dM", "-E", "-x", "c", os.devnull)
    text = source.read_text(encoding="utf-8")
    name = f"{source.stem}-{key(text, *flags, *LINK, macros, sysconfig.get_config_var('EXT_SUFFIX'))}"
    path = once(f"{name}.so", lambda made: _compile(*flags, *LINK, f"-I{include}", str(source), "-o", str(made)))
    # Python looks for PyInit_<last part of the name>, which the source fixes; the first part keeps two trees apart.
    spec = importlib.util.spec_from_file_location(f"{name}.{source.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compile(*arguments: str) -> str:
    """What the C compiler prints for ``arguments``."""
    try:
        done = subprocess.run(["cc", *arguments], capture_output=True, encoding="utf-8", errors="replace")
    except OSError as problem:
        raise NotImplementedError(f"needs a C compiler: {problem}") from problem
    if done.returncode:
        raise RuntimeError(f"the C compiler failed:\n{done.stderr}\n{shlex.join(['cc', *arguments])}")
    return done.stdout
