"""The command line: what each command does, on one page. Results go to stdout, progress and complaints to stderr."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from benchmarks import catalogue, data, machine, scratch, signals
from benchmarks import journal as runs
from benchmarks.cell import Cell
from benchmarks.compare import record as compared
from benchmarks.journal import Options
from benchmarks.lines import KEPT
from benchmarks.printable import many_lines, one_line, readable, visible
from benchmarks.process import Fault, Process
from benchmarks.progress import Progress
from benchmarks.quick import QUICK, TRACED, pick
from benchmarks.record import REFUSED, Roof, Run, latest, read, to_json, write
from benchmarks.referee import SEED_BITS

RESULTS = catalogue.ROOT / "results"
MOST = 20  # failed cells that are told on stderr
WORST = (130, 5, 1, 3, 4)  # of two comparisons' exit codes, the first of these counts
FULL_BUDGET = 0.08  # seconds of samples per cell and launch, where there are very many cells
EXAMPLES = """\
examples:
  python -m benchmarks run                          the quick set, under three minutes
  python -m benchmarks run -k 'ladder and 5x784x10' what matches, as pytest's -k does
  python -m benchmarks run -k matmul.ladder/mm/eager/cpu/5x784x10/1
  python -m benchmarks list -k dataload

exit codes: 0 ok, 1 slower (compare), 2 usage, 3 a cell failed (wrong, error, timeout, crashed, oom, impossible), 4
cells on one side only (compare), 5 untrusted (compare), 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what goes wrong is told in one line."""
    readable((sys.stdout, sys.stderr))  # before help and usage, too
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with signals.interrupting():
            return command(options)
    except (ValueError, FileNotFoundError) as problem:
        _complain(problem)
        return 2
    except Fault as fault:
        _complain(f"the worker failed: {fault.reason}")
        return 3
    except BrokenPipeError:  # the reader of a pipe went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        _complain(problem)
        return 2
    except KeyboardInterrupt:
        return 130


def _complain(problem: object) -> None:
    """What went wrong, in one line that holds nothing but letters."""
    print(one_line(f"benchmarks: {problem}"), file=sys.stderr)


def run(options: argparse.Namespace) -> int:
    """Measure, write the record file and the report, print the ladder."""
    from benchmarks import session

    if options.resume is not None:
        journal = runs.resume(options.results, options.resume)
    else:
        journal = session.start(_asked(options), options.results, options.tree)
    if not journal.found.head["commit"] and not options.quiet:
        why, remedy = machine.uncommitted(catalogue.ROOT)
        print(one_line(f"no commit in the record of this run: {why}; {remedy}"), file=sys.stderr)
    quiet = Progress(io.StringIO()) if options.quiet else None
    found = session.measure(journal, options.results, options.tree, quiet)
    try:
        path = write(found, options.results)
    except OSError as problem:
        raise OSError(problem.errno, f"{problem.strerror} ({KEPT})", problem.filename) from problem
    if not found.partial:
        journal.path.unlink()
    _show(found, path, options)
    if found.secrets and any(record.status == "wrong" for record in found.records) and not options.quiet:
        print(f"the same inputs again: --seed {found.secrets[-1]}", file=sys.stderr)
    if found.partial:
        return 130
    return 3 if any(record.status in REFUSED for record in found.records) else 0


def _asked(options: argparse.Namespace) -> Options:
    """The :class:`Options` that the command line stands for."""
    every = catalogue.all_cells(options.tree)
    cells, selection, left_out = _selected(every, options)
    profile = options.command is profiling
    traces = cells if profile else pick(cells, TRACED)
    asked = Options(
        cells=tuple(map(str, cells)),
        selection=selection,
        command=_repeat(options),
        left_out=left_out,
        traces=tuple(map(str, traces)),
    )
    changed = {name: getattr(options, name) for name in ("launches", "timeout", "budget", "memory_limit")}
    changed = {name: value for name, value in {**changed, "secret": options.seed}.items() if value is not None}
    if profile:
        changed.setdefault("launches", 1)
    if options.full:
        changed.setdefault("budget", FULL_BUDGET)
    return Options(**{**asked.__dict__, **changed, "cost": not options.no_cost})


def _selected(every: Sequence[Cell], options: argparse.Namespace) -> tuple[list[Cell], str, str]:
    """The cells that are asked for, how that is called, and what it leaves out."""
    if options.select:
        return catalogue.asked(every, options.select), f"-k {options.select}", ""
    usual = catalogue.usual(every)
    if options.full:
        apart = catalogue.opt_in().items()
        names = ", ".join(f"{component} {case} ({why})" for (component, case), why in apart)
        return usual, "full", f"cases that run only when named with -k: {names}" if names else ""
    chosen = pick(every, QUICK)
    rest = len(usual) - len(chosen)
    command = "nox -s bench -- --full" if os.environ.get("NOX_CURRENT_SESSION") else "python -m benchmarks run --full"
    return chosen, "quick", f"{rest} cells that are not in the quick set; all of them: {command}"


def _repeat(options: argparse.Namespace) -> str:
    words = ["python", "-m", "benchmarks", options.name]
    words += ["--full"] if options.full else []
    words += ["-k", options.select] if options.select else []
    return shlex.join(words)


def _show(found: Run, path: Path, options: argparse.Namespace) -> None:
    """Write the report of a finished run and print what it found, as much as is asked for."""
    from reports import ink, page, terminal, traces

    report = None if options.no_report else page.write(found, options.results / "report", _compared(found, options))
    traced = any(record.trace for record in found.records)
    logged = bool(report and traced and _tensorboard(found, options.results))
    columns, color = shutil.get_terminal_size((120, 24)).columns, ink.wants_color(sys.stdout)
    if options.json:
        print(json.dumps(terminal.document(found), allow_nan=False))
    elif options.quiet:
        print(visible(str(report or path)))
    else:
        print(terminal.show(found, color, columns, options.all))
        if options.command is profiling and traced:
            viewer = _viewer(options.results) if logged else ""
            print(traces.text(traces.profiles(found, options.results), color, columns, viewer))
        print(f"record  {visible(str(path))}")
        if report:
            print(f"report  {visible(str(report))}")
    if options.quiet and found.partial:
        print("interrupted: `python -m benchmarks run --resume` goes on", file=sys.stderr)
    _told_failures(found)


def _told_failures(found: Run) -> None:
    """The cells that failed, one line each, on stderr; not more of them than a screen holds."""
    from reports import overview

    failed = [record for record in found.records if record.status in REFUSED]
    for record in failed[:MOST]:
        print(overview.told(record), file=sys.stderr)
    if len(failed) > MOST:
        print(f"and {len(failed) - MOST} cells more that failed: the record names them", file=sys.stderr)


def _compared(found: Run, options: argparse.Namespace) -> compared.Comparison | None:
    """The newest whole comparison on this kind of machine, if there is one."""
    for path in sorted((options.results / "compare").glob("*.jsonl"), reverse=True):
        with contextlib.suppress(ValueError):
            comparison = compared.fold(compared.load(path))
            if comparison.machine_class == found.machine_class and not comparison.partial:
                return comparison
    return None


def _tensorboard(found: Run, results: Path) -> bool:
    """Log for TensorBoard where it is installed; where not, the report does without."""
    import importlib.util

    if not importlib.util.find_spec("tensorboard"):
        return False
    from reports import tensorboard

    try:
        tensorboard.write(found, results)
    except (ValueError, OSError) as problem:  # the record and the report are there, and tell the same
        why = "this locale has no letters for its name" if isinstance(problem, UnicodeError) else problem
        print(one_line(f"no log for TensorBoard below {results}: {why}"), file=sys.stderr)
        return False
    return True


def _viewer(results: Path) -> str:
    """The command that shows the logs below ``results``, as this one was started."""
    from reports import traces

    if os.environ.get("NOX_CURRENT_SESSION") and results == RESULTS:
        return "nox -s tensorboard"
    logs = traces.seen(results / "tensorboard", Path.cwd())
    return shlex.join(["python", "-m", "tensorboard.main", "--logdir", str(logs)])


def profiling(options: argparse.Namespace) -> int:
    """Like run, but every cell is profiled: one launch, a trace each."""
    if options.cell and not options.select:
        options.select = " or ".join(options.cell)
    if not options.select and options.resume is None:
        raise ValueError("profile needs a cell or a -k expression: `python -m benchmarks list` prints the cells")
    return run(options)


def listing(options: argparse.Namespace) -> int:
    """Print cells, or the catalogue's rows with what measures them."""
    if options.rows:
        from benchmarks import rows

        print(many_lines(rows.table(options.tree)))
        return 0
    cells = catalogue.all_cells(options.tree)
    cells = catalogue.select(cells, options.select) if options.select else cells
    if options.json:
        print(json.dumps([str(cell) for cell in cells]))
    else:
        print("\n".join(one_line(str(cell), 10_000) for cell in cells))
    return 0


def limits(options: argparse.Namespace) -> int:
    """Measure and print this machine's ceilings."""
    from benchmarks import limits

    with _worker(options.tree) as process:
        devices = ["cpu", *(["cuda"] if process.ask("environment").get("cuda") else [])]
        asked = {"threads": ["1", "all"], "seconds": options.seconds, "names": None}
        answers = [process.ask("limits", device=device, **asked) for device in devices]
    roofs = [Roof(**roof) for answer in answers for roof in answer]
    print(json.dumps(to_json(roofs)) if options.json else limits.text(roofs))
    return 0


def accuracy(options: argparse.Namespace) -> int:
    """Compare the core's own timing with a plain loop, in turns in one process."""
    from benchmarks import accuracy

    with _worker(options.tree) as process:
        rows = process.ask("accuracy")
    text, kept = accuracy.text(rows)
    print(json.dumps(rows) if options.json else text)
    return 0 if kept else 3


@contextlib.contextmanager
def _worker(tree: Path) -> Iterator[Process]:
    """A worker for one question outside a run."""
    from benchmarks import mount

    scratch.sweep()
    with scratch.Scratch() as folder:
        mount.lay(tree, folder / "mount")
        with Process(folder / "mount", folder, timeout=300) as process:
            yield process


def compare(options: argparse.Namespace) -> int:
    """Say whether HEAD is slower than BASE, cell by cell, with a known error rate."""
    from benchmarks.compare import outlook, session
    from reports import ink, verdicts

    if options.resume is not None:
        journals = [compared.resume(options.results, options.resume)]
    else:
        asked = _comparison(options)
        journals = [session.start(asked, options.results, options.base, options.head, options.tree)]
        if options.anchor:
            head = journals[0].found.head["head"]
            head = head["commit"] or head["label"]
            journals.append(session.start(asked, options.results, options.anchor, head, options.tree))
    codes = []
    for journal in journals:
        base, head = journal.found.head["base"], journal.found.head["head"]
        for word, side, name in (("comparing", base, "BASE"), ("     with", head, "HEAD")):
            print(one_line(f"{word} {side['label']} ({name})"), file=sys.stderr)
        if told := outlook.told(journal.found):
            print(one_line(told), file=sys.stderr, flush=True)
        found = session.measure(journal)
        codes.append(found.exit_code)
        path = verdicts.write(found, options.results / "compare")
        if options.json:
            print(json.dumps(verdicts.document(found), allow_nan=False))
        elif options.markdown:
            print(verdicts.markdown(found), end="")
        else:
            columns = shutil.get_terminal_size((120, 24)).columns
            print(verdicts.text(found, every=options.all, color=ink.wants_color(sys.stdout), width=columns))
            if options.anchor and journal is journals[-1]:
                print(verdicts.creep(found, compared.since(options.results, found)), end="")
            print(f"page  {visible(str(path))}")
        if found.partial:
            break
    return next((code for code in WORST if code in codes), 0)


def _comparison(options: argparse.Namespace) -> compared.Options:
    words = ["python", "-m", "benchmarks", "compare", *filter(None, (options.base, options.head))]
    words += ["--only", options.select] if options.select else []
    asked = {
        name: getattr(options, name) for name in ("alpha", "delta", "gate", "budget", "epochs", "longest", "timeout")
    }
    given = {name: value for name, value in asked.items() if value is not None}
    given |= {name: getattr(options, name) for name in ("instructions", "installed", "apart", "equal")}
    return compared.Options(cells=(), selection=options.select, command=shlex.join(words), **given)


def bisect(options: argparse.Namespace) -> int:
    """Find the commit between GOOD and BAD that made a cell slower."""
    from benchmarks.compare import bisect

    repository = options.tree.parent
    cell = str(Cell.parse(options.cell))
    progress = Progress()
    answer, whole = bisect.find(repository, options.good, options.bad, cell, options.alpha or 0.01, progress)
    if options.json:
        print(json.dumps({"cell": cell, "ratio": whole.ratio, **to_json(answer)}, allow_nan=False))
    else:
        print(many_lines(bisect.text(repository, answer, whole)))
    return 0


def calibrate(options: argparse.Namespace) -> int:
    """Count how often the detector errs, by comparisons whose answer is known; adds to the project's record."""
    from benchmarks.compare import calibrate

    path = options.record or calibrate.record()
    kinds = options.kind or list(calibrate.USUAL)
    for name in kinds:
        calibrate.kind(name)
    if not options.table:
        with contextlib.suppress(KeyboardInterrupt):
            calibrate.sitting(path, kinds, options.minutes, options.sessions)
    return _recorded(options, path, calibrate.load, calibrate.table)


def peers(options: argparse.Namespace) -> int:
    """Put the same question to asv, pytest-benchmark and pyperf, side by side; adds to the project's record."""
    from benchmarks.compare import peers

    path = options.record or peers.record()
    for name in options.tool or ():
        if name not in peers.TOOLS:
            raise ValueError(f"no tool {name!r}: there are {', '.join(map(repr, peers.TOOLS))}")
    if not options.table:
        with contextlib.suppress(KeyboardInterrupt):
            peers.sitting(path, options.rounds, options.tool or list(peers.TOOLS))
    return _recorded(options, path, peers.load, peers.table)


def spread(options: argparse.Namespace) -> int:
    """Show what each way of calming a comparison does to its noise."""
    from benchmarks.compare import spread

    path = options.record or spread.record()
    if not options.table:
        spread.write(path, spread.measure(options.epochs, options.rounds, Progress()))
    return _recorded(options, path, spread.load, spread.table)


def _recorded(options: argparse.Namespace, path: Path, load: Callable[[Path], Any], table: Callable[[Any], str]) -> int:
    """Print a record; with --table alone, those of all kinds of machine that the project keeps."""
    from benchmarks.compare.machines import tables

    if options.json:
        print(json.dumps(load(path)))
    elif options.table and not options.record:
        print(many_lines(tables(path.parent, lambda one: table(load(one)))), end="")
    else:
        print(many_lines(table(load(path))), end="")
    return 0


def faults(options: argparse.Namespace) -> int:
    """Play every kind of fault beside honest neighbours, and print what each of them cost: some minutes."""
    from benchmarks import faults

    def say(text: str) -> None:
        print(one_line(text), file=sys.stderr, flush=True)

    rows = faults.play(say=say)
    print(json.dumps(to_json(rows)) if options.json else faults.table(rows), end="")
    return 0 if all(row.well for row in rows) else 3


def fakes(options: argparse.Namespace) -> int:
    """Drive every kind of attacker through the real passes beside honest neighbours, and print what is said of each."""
    from benchmarks.fakes import play, table

    names, grounds = play.asked(options.kind, options.component, options.all)
    played = []
    for one in play.plays(names, grounds, min(options.jobs, len(grounds))):
        print(one_line(play.told(one), 1000), file=sys.stderr, flush=True)
        played.append(one)
    found = table.rows(played)
    print(json.dumps(to_json(played)) if options.json else table.table(found), end="")
    return 0 if all(row.well for row in found) else 1


def report(options: argparse.Namespace) -> int:
    """Write the report of a stored run again, by default the newest; what failed in it is no fault of this command."""
    path = options.record or latest(options.results)
    _show(read(path), path, options)
    return 0


def keep(options: argparse.Namespace) -> int:
    """Put a run, by default the newest, into the project's evidence, which `list --rows` reads."""
    from benchmarks import kept

    print(visible(str(kept.keep(read(options.record or latest(options.results))))))
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Print what is here, what is missing, and what bends results."""
    from benchmarks import doctor

    text, _ = doctor.report()
    print(text)
    return 0


def clean(options: argparse.Namespace) -> int:
    """Remove old results, or with --data the files that components read; the newest record files stay."""
    if options.data:
        held = data.holdings()
        data.remove()
        print(
            f"removed {len(held)} sets of made data, {sum(held.values()) / 1e6:,.0f} MB; they are made again when used"
        )
        return 0
    if options.keep < 0:
        raise ValueError(f"--keep {options.keep} is less than nothing: keep 0 or more")
    records = sorted(options.results.glob("*/*.jsonl.gz"), key=lambda path: path.name)
    old = records[: len(records) - options.keep]
    folders = [
        options.results / name for name in ("report", "tensorboard", "tensorboard-hparams", "profile", "journal")
    ]
    comparisons = sorted((options.results / "compare").glob("*.jsonl"))
    gone = comparisons[: len(comparisons) - options.keep]
    for path in old:
        path.unlink()
    for path in gone:
        for part in path.parent.glob(f"{path.stem}.*"):
            part.unlink()
    for path in (options.results / "compare").glob(".trees-*"):
        shutil.rmtree(path)
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
    kept = f"{len(records) - len(old)} record files and {len(comparisons) - len(gone)} comparisons"
    print(f"removed {len(old)} record files, {len(gone)} comparisons, reports, traces and journals; kept {kept}")
    if left := scratch.sweep():
        print(f"removed {len(left)} temporary folders of killed runs")
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are harmless to print, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Print usage and complaint, and exit."""
        super().error(one_line(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m benchmarks",
        description="Prove, time and explain what is in impls/.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (function.__doc__ or "").splitlines()[0]
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=function, name=name)
        made.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
        made.add_argument("--tree", type=_tree, default=catalogue.IMPLS, help="the impls folder to measure")
        made.add_argument("--json", action="store_true", help="print one JSON document")
        return made

    def amount(made: argparse.ArgumentParser) -> None:
        either = made.add_mutually_exclusive_group()
        either.add_argument("--all", action="store_true", help="print every ladder, of very many cells too")
        either.add_argument("--quiet", action="store_true", help="print the path of what was written, and failures")

    for name, function in (("run", run), ("profile", profiling)):
        made = command(name, function)
        if name == "profile":
            made.add_argument("cell", nargs="*", help="cells to profile")
        made.add_argument("-k", dest="select", metavar="EXPR", default="", help="only cells that match, as in pytest")
        made.add_argument("--full", action="store_true", help="every cell")
        made.add_argument("--resume", nargs="?", const="", metavar="RUN", help="finish an interrupted run")
        made.add_argument("--launches", type=_positive(int), help="fresh processes per cell (default 6)")
        made.add_argument("--budget", type=_positive(float), help="seconds of samples per cell and launch")
        made.add_argument("--seed", type=_seed, help="draw the inputs of a run again, from the seed it tells")
        made.add_argument("--timeout", type=_positive(float), help="seconds that one step may take (default 300)")
        made.add_argument("--memory-limit", type=_positive(int), help="bytes that a worker may grow by")
        made.add_argument("--no-cost", action="store_true", help="do not measure memory and operators")
        made.add_argument("--no-report", action="store_true", help="write the record file only")
        amount(made)
    made = command("list", listing)
    made.add_argument("-k", dest="select", metavar="EXPR", default="", help="only cells that match, as in pytest")
    made.add_argument("--rows", action="store_true", help="the catalogue's rows instead of cells")
    made = command("limits", limits)
    made.add_argument("--seconds", type=_positive(float), default=0.3, help="seconds for each ceiling")
    command("accuracy", accuracy)
    made = command("compare", compare)
    made.add_argument("base", nargs="?", default="", help="a commit or an impls folder (default: where this left main)")
    made.add_argument("head", nargs="?", default="", help="the same (default: the working tree)")
    made.add_argument("--anchor", default="", metavar="COMMIT", help="compare HEAD also with this one, e.g. a release")
    made.add_argument("--only", dest="select", metavar="EXPR", default="", help="only cells that match, as with -k")
    made.add_argument("--alpha", type=_positive(float), help="P(any false SLOWER in a comparison), default 0.01")
    made.add_argument("--delta", type=_positive(float), help="SAME means within this, default 0.02")
    made.add_argument("--gate", choices=("slower", "any", "none"), help="what makes the exit code 1, default slower")
    made.add_argument(
        "--budget", type=_positive(float), help="seconds for all (default 8 for each cell that is timed, 40 to 600)"
    )
    made.add_argument("--epochs", type=_positive(int), help="fresh processes at most (default 60)")
    made.add_argument("--longest", type=_positive(float), help="leave out cells with longer calls (default 0.2 s)")
    made.add_argument("--timeout", type=_positive(float), help="seconds that one step may take (default 300)")
    made.add_argument("--resume", nargs="?", const="", metavar="RUN", help="finish an interrupted comparison")
    made.add_argument("--all", action="store_true", help="show every row, not only what was found")
    made.add_argument("--instructions", action="store_true", help="count Python's instructions on both sides too")
    made.add_argument("--installed", action="store_true", help="trees that require other packages get those here too")
    made.add_argument("--apart", action="store_true", help="a process for each tree, as other packages need; noisier")
    made.add_argument("--time-equal", dest="equal", action="store_true", help="time what has the same code, too")
    made.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")
    made = command("bisect", bisect)
    made.add_argument("good", help="a commit where the cell was fast")
    made.add_argument("bad", help="a later one where it is slow")
    made.add_argument("cell", help="which cell")
    made.add_argument("--alpha", type=_positive(float), help="P(a wrong answer), default 0.01")
    made = command("calibrate", calibrate)
    made.add_argument("--minutes", type=_positive(float), default=60.0, help="how long to add sessions (default 60)")
    made.add_argument("--sessions", type=_positive(int), default=1 << 30, help="how many to add at most")
    made.add_argument("--kind", action="append", help="sessions of this kind only, e.g. 'same', '+5 %%', 'no-op'")
    made.add_argument("--record", type=Path, help="the record file (default: the project's, for this kind of machine)")
    made.add_argument("--table", action="store_true", help="print the table of what is recorded, measure nothing")
    made = command("peers", peers)
    made.add_argument("--rounds", type=_positive(int), default=1, help="how often each tool judges each kind")
    made.add_argument("--tool", action="append", help="this tool only, e.g. 'asv continuous', 'this'")
    made.add_argument("--record", type=Path, help="the record file (default: the project's, for this kind of machine)")
    made.add_argument("--table", action="store_true", help="print the table of what is recorded, measure nothing")
    made = command("spread", spread)
    made.add_argument("--epochs", type=_positive(int), default=6, help="fresh processes of each way in a round")
    made.add_argument("--rounds", type=_positive(int), default=3, help="how often each way has its turn")
    made.add_argument("--record", type=Path, help="the record file (default: the project's, for this kind of machine)")
    made.add_argument("--table", action="store_true", help="print the table of what is recorded, measure nothing")
    command("faults", faults)
    made = command("fakes", fakes)
    made.add_argument("--all", action="store_true", help="on three components of each family, not on one alone")
    made.add_argument("--kind", nargs="+", default=[], metavar="NAME", help="these attackers only")
    made.add_argument("--component", nargs="+", default=[], metavar="NAME", help="on these components")
    made.add_argument("--jobs", type=_positive(int), default=machine.cores(), help="components at a time")
    made = command("report", report)
    made.add_argument("record", nargs="?", type=Path, help="a record file (default: the newest)")
    made.set_defaults(no_report=False)
    amount(made)
    made = command("keep", keep)
    made.add_argument("record", nargs="?", type=Path, help="a record file (default: the newest)")
    command("doctor", doctor)
    made = command("clean", clean)
    made.add_argument("--keep", type=int, default=10, help="record files to keep (default 10)")
    made.add_argument("--data", action="store_true", help="remove the made data, and no results")
    return parser


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    read.__name__ = getattr(kind, "__name__", "number")
    return read


def _seed(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**SEED_BITS:
        raise argparse.ArgumentTypeError(f"{text} is none that a run tells: they lie between 0 and 2^{SEED_BITS}")
    return value


def _tree(text: str) -> Path:
    path = Path(text).resolve()
    if not (path / "__init__.py").is_file():
        raise argparse.ArgumentTypeError(f"{text} is not an impls folder: it has no __init__.py")
    return path
