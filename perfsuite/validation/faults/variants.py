"""Variants that misbehave, and files that do damage when they are imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perfsuite.validation.faults.ground import Ground, Row, Told, lesson, neighbours, row_of

TIMEOUT = 10  # seconds that one step of a misbehaving variant may take
MEMORY = 4_000_000_000  # bytes that a worker may grow by
NEIGHBOURS = "(matmul.ladder and /eager/cpu/8/1 and (mm or einsum)) or smallops.row_sum/torch_sum/eager/cpu/50x10/1"
MISBEHAVING: Mapping[str, Told] = {
    "good": ("ok", ""),
    "raises": ("error", "RuntimeError: no luck today"),
    "raises_escapes": ("error", r"\x1b[31mred\x07 and half a letter \udc80"),
    "garbage": ("wrong", "64 of 64 elements are outside the tolerance"),
    "hangs": ("timeout", f"took longer than {TIMEOUT} s"),
    "stops": ("timeout", "the process was stopped (SIGSTOP)"),
    "exits": ("crashed", "exited with code 7"),
    "leaves": ("error", "SystemExit: 5"),
    "segfaults": ("crashed", "killed by SIGSEGV"),
    "killed": ("crashed", "killed by SIGKILL"),
    "allocates": ("oom", "can't allocate memory"),
    "does_not_build": ("error", "fortytwo"),
    "loses_a_worker": ("error", "DataLoader worker"),
    "prints_binary": ("ok", ""),
    "writes_to_low_files": ("ok", ""),
    "closes_low_files": ("ok", ""),
    "writes_to_every_pipe": ("error", "something else than the worker wrote into its answers: not json"),
    "leaves_children": ("error", "process(es) behind"),
    "forks_bomb": ("error", "process(es) behind"),
    "forks_and_returns": ("error", "processes forked by hand from 0 to"),
    "opens_files": ("error", "Too many open files"),
    "keeps_files": ("error", "open files from"),
    "spins": ("wrong", "its work goes on after it has returned"),
    "sets_dtype": ("error", "default dtype from torch.float32 to torch.float64"),
    "sets_device": ("error", "changes global state: default device from cpu to meta"),
    "enters_function_mode": ("error", "function modes entered from 0 to"),
    "enters_dispatch_mode": ("error", "dispatch modes entered from 0 to"),
    "detects_anomalies": ("error", "anomaly detection from False to True"),
    "disables_onednn": ("error", "oneDNN from True to False"),
    "sets_precision": ("error", "matrix product precision from ieee to tf32"),
    "sets_affinity": ("error", "CPU affinity from"),
    "is_nice": ("error", "priority from"),
    "disables_gc": ("error", "garbage collection from True to False"),
    "traces": ("wrong", "looks at the frames of its callers: sys.settrace"),
    "profiles": ("wrong", "looks at the frames of its callers: sys.setprofile"),
    "limits_files": ("error", "resource limit RLIMIT_NOFILE from"),
    "changes_folder": ("error", "working directory from"),
    "sets_umask": ("error", "umask from"),
    "sets_variable": ("error", "environment variable OMP_NUM_THREADS from"),
    "sets_alarm": ("error", "timer from False to True"),
    "slows_others": ("error", "replaces torch.softmax"),
    "sets_clock": ("error", "replaces perfsuite.measuring.clock.HostClock.now"),
    "sees_its_callers": ("wrong", "looks at the frames of its callers: sys._getframe in impls/faults/misbehaving.py"),
    "works_on": ("wrong", "its work goes on after it has returned"),
    "tires": ("wrong", "(in a timed call)"),
    "dies_while_timed": ("crashed", "killed by SIGSEGV"),
    "changes_while_timed": ("error", "grad mode from True to False"),
    "forks_while_timed": ("error", "process(es) behind"),
    "needs_module": ("skipped", "needs a_module_that_nobody_has"),
    "says_it_needs": ("skipped", "needs a quantum computer"),
    "not_implemented": ("error", "NotImplementedError: no kernel for this dtype"),
    "also_good": ("ok", ""),
}
FILES: Mapping[str, Told] = {
    "spoils": ("error", "importing impls/faults/spoils.py changes global state: grad mode from True to False"),
    "rounds": ("error", "importing impls/faults/rounds.py changes global state: matrix product precision"),
    "breaks": ("error", "impls/faults/breaks.py cannot be imported: RuntimeError: not on Saturdays"),
    "quits": ("crashed", "importing impls/faults/quits.py: exited with code 9"),
}
HONEST = ("good", "also_good")  # of the variants


def variants(
    ground: Ground, misbehaving: Sequence[str] = tuple(MISBEHAVING), files: Sequence[str] = tuple(FILES)
) -> Iterator[Row]:
    """Variants that misbehave, and files that do damage on import, in one run with honest neighbours."""
    asked = [*(f"misbehaving/{name}/" for name in misbehaving), *(f"faults.{name}/" for name in files)]
    limits = ("--launches", "2", "--timeout", str(TIMEOUT), "--memory-limit", str(MEMORY))
    ground.run("run", "-k", f"{' or '.join(asked)} or {NEIGHBOURS}", *limits, "--no-report")
    run, left = ground.records(), ground.left()
    honest = [one for one in run.records if "/good/" in one.cell or "/also_good/" in one.cell]
    honest = [one for one in honest if one.key.component == "faults.misbehaving"]
    beside = neighbours([*honest, *(one for one in run.records if not one.cell.startswith("faults."))])
    for name in misbehaving:
        if name not in HONEST:
            cells = [one for one in run.records if one.cell.startswith(f"faults.misbehaving/{name}/")]
            yield row_of(lesson("misbehaving", name), cells, MISBEHAVING[name], left, beside)
    for name in files:
        cells = [one for one in run.records if one.key.component == f"faults.{name}"]
        yield row_of(lesson(name), cells, FILES[name], left, beside)
