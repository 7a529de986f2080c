"""``perfsuite.measure`` and ``perfsuite.compare``: the core from Python, for notebooks and scripts.

The functions are measured where all variants are: in fresh worker processes, proved, in turns. They get there with
cloudpickle, so a function of a notebook may be one of them; what cannot be sent is told in one line.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.host import scratch
from perfsuite.model import estimates, nested
from perfsuite.model.record import Record, Run
from perfsuite.project.settings import ENGINE, SIDE, TABLE, VARIABLE
from perfsuite.records import store
from perfsuite.runners.results import Compared, Measured

FOLDER, MODULE, COMPONENT = "perf", "called", "functions"
FILE = '''\
import pathlib
import pickle

from perfsuite import component
from perfsuite.declaring.contents import varied

HELD = pickle.loads((pathlib.Path(__file__).parent / "held.pickle").read_bytes())


@component(variants=HELD["functions"], reference=HELD["reference"], executors=HELD["executors"])
def functions(case, generator):
    """Which of these functions is fastest?"""
    return varied(HELD["inputs"], generator)
'''


def measure(
    function: Callable[..., Any],
    *inputs: Any,
    reference: Callable[..., Any] | None = None,
    name: str = "",
    launches: int = 6,
    budget: float = 0.2,
    executor: str = "eager",
) -> Measured:
    """The time of ``function(*inputs)``, proved and measured in fresh processes.

    Args:
        function: takes ``inputs`` and returns tensors, in any nesting of lists, tuples, dicts and dataclasses.
        inputs: tensors, arrays, numbers and nested values of them. Their contents change between samples: floating
            tensors are shuffled, all else stays as it is.
        reference: what is right, called in float64. Default: ``function`` itself in float64.
        name: what it is called in the result. Default: the function's name.
        launches: fresh processes. Six give an interval of 95 %.
        budget: seconds of samples in each of them.
        executor: "eager", "compile" or another of :mod:`perfsuite.measuring.executors`.

    Raises:
        ValueError: the function or its inputs cannot be sent to another process, or there is no such executor.
        RuntimeError: the run failed as a whole.
    """
    label = name or _name(function)
    compared = compare(
        {label: function}, inputs, reference=reference, launches=launches, budget=budget, executor=executor
    )
    return compared[label]


def compare(
    functions: Mapping[str, Callable[..., Any]],
    inputs: Sequence[Any],
    *,
    reference: Callable[..., Any] | None = None,
    launches: int = 6,
    budget: float = 0.2,
    executor: str = "eager",
) -> Compared:
    """The times of several functions on the same inputs, in turns in the same processes; see :func:`measure`.

    The first function is the reference, unless one is given, and what ratios are relative to.

    Raises:
        ValueError: something cannot be sent to another process, or there is no such executor.
        RuntimeError: the run failed as a whole.
    """
    held = {
        "functions": dict(functions),
        "reference": reference,
        "inputs": tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,),
        "executors": (executor,),
    }
    with scratch.Scratch() as folder:
        _lay(folder, held)
        run = _run(folder, ["-k", _device(held["inputs"]), "--launches", str(launches), "--budget", str(budget)])
    return _compared(run, list(functions))


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", "function")
    return name if name.isidentifier() else "function"


def _device(inputs: Any) -> str:
    """The device of the inputs: they are copied there from the CPU for each sample."""
    kinds = {leaf.device.type for leaf in nested.leaves(inputs) if hasattr(leaf, "device") and hasattr(leaf, "numel")}
    return "cuda" if "cuda" in kinds else "cpu"


def _lay(root: Path, held: Mapping[str, Any]) -> None:
    """Write a project whose one component has the functions as its variants."""
    (root / FOLDER).mkdir()
    (root / "measured").mkdir()
    (root / "measured" / "__init__.py").touch()
    (root / TABLE).write_text(f'[tool.perfsuite]\npackage = "measured"\nbenchmarks = "{FOLDER}"\n', encoding="utf-8")
    (root / FOLDER / f"{MODULE}.py").write_text(FILE, encoding="utf-8")
    (root / FOLDER / "held.pickle").write_bytes(_pickled(held))


def _pickled(held: Mapping[str, Any]) -> bytes:
    """The functions and inputs as bytes.

    Raises:
        ValueError: one of them cannot be pickled; the text names it.
    """
    try:
        import cloudpickle
    except ImportError:
        dumps: Callable[[Any], bytes] = pickle.dumps
        remedy = "install cloudpickle, or define it in a module"
    else:
        dumps, remedy = cloudpickle.dumps, "define it in a module, without what cannot be pickled"
    named = {**{f"function {name!r}": one for name, one in held["functions"].items()}}
    named |= {f"input number {number}": one for number, one in enumerate(held["inputs"])}
    named["the reference"] = held["reference"]
    for what, value in named.items():
        try:
            dumps(value)
        except Exception as problem:
            raise ValueError(f"{what} cannot be sent to a worker: {problem}; {remedy}") from problem
    return dumps(dict(held))


def _run(root: Path, arguments: Sequence[str]) -> Run:
    """Measure the project in ``root`` by the command line, in a process of its own.

    Raises:
        ValueError: the command line says that something does not fit.
        RuntimeError: the run failed as a whole.
    """
    paths = [str(ENGINE.parent), *(path or str(Path.cwd()) for path in sys.path)]
    environment = {name: value for name, value in os.environ.items() if name != SIDE}
    environment |= {VARIABLE: str(root), "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
    command = [
        sys.executable,
        "-m",
        "perfsuite",
        "run",
        "--json",
        "--no-report",
        "--no-cost",
        "--results",
        str(root / "results"),
    ]
    command += arguments
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, encoding="utf-8", check=False)
    try:
        json.loads(done.stdout)
        return store.read(store.latest(root / "results"))
    except (ValueError, FileNotFoundError):
        last = (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]
        kind = ValueError if done.returncode == 2 else RuntimeError
        raise kind(last.removeprefix("perfsuite: ").split(f"component {COMPONENT!r}: ")[-1]) from None


def _compared(run: Run, names: Sequence[str]) -> Compared:
    records: dict[str, Record] = {record.key.variant: record for record in run.records}
    base = records[names[0]]
    return Compared(
        tuple(
            Measured(
                name=name,
                status=records[name].status,
                reason=records[name].reason,
                seconds=estimates.seconds(records[name]),
                ratio=estimates.ratio(records[name], base),
                samples=tuple(tuple(launch.wall) for launch in records[name].launches),
            )
            for name in names
        )
    )
