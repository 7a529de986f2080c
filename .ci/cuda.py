"""Everything that needs a GPU, in one go of at most a quarter of an hour.

``python .ci/cuda.py OUT`` measures in a checkout of this repository, and leaves five files in the folder OUT: a
summary, two records, the pages of the report and of the explanations, and what each step printed. It needs torch and
the packages of the groups ``measure``, ``read``, ``show`` and ``notebooks``; no asv, no nox, no TensorBoard. A step
that fails or takes too long loses only its own result. ``--dry`` does the same with the cells of the CPU, and with one
launch, to try the script.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("torch", "numpy", "psutil", "threadpoolctl", "msgspec", "pandas", "matplotlib", "jinja2", "cloudpickle")
WHOLE = 840.0  # seconds for all steps
LEAST = 5.0  # seconds: with less left, a step is not started

LADDER = "matmul.ladder/ and /eager/cuda/5x784x10/1 and not @cold"
SIZES = (
    "matmul.ladder/ and (/mm/ or /einsum/ or /full_broadcast/) and /eager/cuda/"
    " and (/8/1 or /64/1 or /256/1 or /512/1) and not @cold"
)
SUMS = "smallops.row_sum/ and (/slice_loop/ or /unbind_loop/ or /torch_sum/) and /eager/cuda/5000x10/1"
TRACKING = "autograd.tracking/ and (/tracked/ or /no_grad/) and /eager/cuda/128x784x512x512x10/1"
QUICK = " or ".join(f"({one})" for one in (LADDER, SIZES, SUMS, TRACKING))
PROVED = "(layers.rnn/ or layers.lstm/ or optim.adam_step/fused or optim.adam_fit/adam_fused) and /eager/cuda/"
LAUNCHES = ("smallops.row_sum/torch_sum/eager/cuda/5000x10/1", "smallops.row_sum/slice_loop/eager/cuda/5000x10/1")
DEVICE = ("matmul.ladder/mm/eager/cuda/256/1", "matmul.ladder/full_broadcast/eager/cuda/256/1")
SYNC = ("training.running_loss/added/eager/cuda/40/1", "training.running_loss/items/eager/cuda/40/1")
KINDS = (
    "side_stream",
    "slow_side_stream",
    "stale_graph",
    "freed_on_device",
    "replaces_events",
    "replaces_synchronize",
    "persisting_cache",
)
ON_CPU = ("zeros", "replaces_time")


@dataclass(frozen=True)
class Step:
    """One command of the suite."""

    name: str
    seconds: float  # that it may take
    words: tuple[str, ...]

    def dry(self) -> Step:
        """The same on the CPU, with the least launches, and with ten times as long for each step."""
        words = [word.replace("/cuda/", "/cpu/") for word in self.words]
        if "--kind" in words:
            words = [*words[: words.index("--kind") + 1], *ON_CPU]
        if "--launches" in words:
            words[words.index("--launches") + 1] = "1" if words[0] == "run" else "3"
        return Step(self.name, 10 * self.seconds, tuple(words))


STEPS = (  # the most valuable first
    Step("quick", 330, ("run", "-k", QUICK, "--launches", "6", "--quiet")),
    Step("tolerances", 120, ("run", "-k", PROVED, "--launches", "1", "--budget", "0.02", "--no-report", "--quiet")),
    Step("launch-bound", 100, ("explain", *LAUNCHES, "--launches", "3")),
    Step("device-bound", 100, ("explain", *DEVICE, "--launches", "3")),
    Step("sync-bound", 100, ("explain", *SYNC, "--launches", "3")),
    Step("fakes", 200, ("fakes", "--kind", *KINDS)),
    Step("doctor", 60, ("doctor",)),
)


def main() -> int:
    """Do all steps, and say in one line each how they ended; the exit code is 1 if one did not end well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of what comes back")
    parser.add_argument("--dry", action="store_true", help="cells of the CPU in place of those of the GPU")
    parser.add_argument("--work", type=Path, default=ROOT / "results" / "cuda", help="folder of everything else")
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], help="only these steps")
    parser.add_argument("--seconds", type=float, default=WHOLE, help=f"for all steps (default {WHOLE:.0f})")
    options = parser.parse_args()
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        print(f"missing here: {', '.join(missing)}: carry their wheels, and put them on PYTHONPATH", file=sys.stderr)
        return 2
    if not options.dry and (why := without_device()):
        print(f"{why}; --dry does the same on the CPU", file=sys.stderr)
        return 2
    steps = [step for step in STEPS if not options.only or step.name in options.only]
    shutil.rmtree(options.work, ignore_errors=True)
    return done([step.dry() if options.dry else step for step in steps], options.out, options.work, options.seconds)


def without_device() -> str:
    """Why nothing can be measured on a GPU; "" if it can."""
    code = "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if told.returncode:
        return f"torch does not import: {(told.stderr.strip().splitlines() or [''])[-1]}"
    version, built, available = told.stdout.split()[-3:]
    return "" if available == "True" else f"no CUDA device: torch {version}, built for CUDA {built}, sees none"


def done(steps: list[Step], out: Path, work: Path, seconds: float) -> int:
    """Do the steps one after the other in ``work``, and gather what they made in ``out`` after each."""
    logs, end = work / "logs", time.monotonic() + seconds
    for folder in (out, logs):
        folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for step in steps:
        left = min(step.seconds, end - time.monotonic())
        code, took = ("no time was left", 0.0) if left < LEAST else ran(step, work, logs / f"{step.name}.txt", left)
        lines.append(f"{step.name:<14}{took:6.1f} s  {code}")
        print(lines[-1], flush=True)
        (out / "summary.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        gathered(work, out)
    return 0 if all(line.endswith("  ok") for line in lines) else 1


def ran(step: Step, results: Path, log: Path, seconds: float) -> tuple[str, float]:
    """Run a step: how it ended, and the seconds that it took."""
    command = [sys.executable, "-m", "benchmarks", *step.words]
    command += ["--results", str(results.resolve())]
    begin = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        print("$", *command, file=file, flush=True)
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            code = process.wait(seconds)
            how = "ok" if code == 0 else f"exit code {code}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 2)  # as Ctrl-C does: what is measured so far is kept
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
            how = f"stopped after {seconds:.0f} s"
    return how, time.monotonic() - begin


def gathered(results: Path, out: Path) -> None:
    """Copy the records, and pack the pages and the logs into a file each."""
    for record in sorted(results.glob("*/*.jsonl.gz")):
        shutil.copy(record, out / record.name)
    for name, folders in (("pages", ("report", "explain")), ("logs", ("logs",))):
        with tarfile.open(out / f"{name}.tar.gz", "w:gz") as archive:
            for folder in folders:
                if (results / folder).exists():
                    archive.add(results / folder, folder)


if __name__ == "__main__":
    sys.exit(main())
