"""Plant a slowdown and a speed-up among commits that change no time, and see what `history` makes of their real runs.

``python examples/planted_history.py FOLDER`` clones this repository into FOLDER, adds thirty commits, each of which
renames a variable of one function, measures all of them in random order, and has what is suspected confirmed. Two of
them change what the function takes by some 5 %, and say so in their subject. A quarter of an hour, on a quiet machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = Path("impls", "smallops", "row_sum.py")
CALL = "    return torch.sum(x, dim=0)\n"
CELLS = "row_sum and 5000x10 and eager and (torch_sum or sum_out or einsum or ones_matmul or cumsum or numpy_sum)"
COMMITS, SLOWER, FASTER = 30, 10, 20
LAUNCHES = 6  # of each commit: with three, a run is off by 4 % on a shared machine, and the steps are easily missed
USUAL, MORE = 40, 70  # passes of an empty loop: always, and those that make some 5 % of the time
NAME = ("-c", "user.name=planted", "-c", "user.email=planted@example.invalid")


def main(folder: Path) -> int:
    """Make the repository and show its history; the exit code of the last command."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    text = (folder / FILE).read_text(encoding="utf-8")
    if text.count(CALL) != 1:
        raise SystemExit(f"planted_history: {FILE} has {text.count(CALL)} times {CALL.strip()!r}, not once")
    for at in range(COMMITS):
        passes = USUAL + MORE if SLOWER <= at < FASTER else USUAL
        loop = (
            f"    total{at} = torch.sum(x, dim=0)\n    for _ in range({passes}):\n        pass\n    return total{at}\n"
        )
        (folder / FILE).write_text(text.replace(CALL, loop), encoding="utf-8")
        what = {SLOWER: "planted: slower", FASTER: "planted: faster"}.get(at, "a variable is renamed")
        subprocess.run(["git", *NAME, "commit", "--quiet", "-am", what], cwd=folder, check=True)
    time.sleep(1)  # a run begins after its commit was made
    command = [sys.executable, "-m", "benchmarks", "history", "-k", CELLS]
    subprocess.run([*command, "--backfill", str(COMMITS), "--launches", str(LAUNCHES)], cwd=folder, check=True)
    return subprocess.run([*command, "--confirm"], cwd=folder, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
        raise SystemExit("usage: python examples/planted_history.py FOLDER, which must not exist")
    sys.exit(main(Path(sys.argv[1])))
