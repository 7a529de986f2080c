"""The rules that name a reason. Each is a pure function of the evidence of both sides, with a threshold.

A rule speaks only if both sides have its evidence and the slower side has more of the cost. It says how many seconds of
a call that accounts for: a number of units times a price measured on this machine, or self time in the trace. Whether
that fits the difference in time is judged in :mod:`perfsuite.explaining.reasons.verdict`, for all rules alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfsuite.explaining.reasons.evidence import Evidence, Pair
from perfsuite.explaining.reasons.words import bytes_, count, many, per_call

LOOP = 1000  # Python instructions
DISPATCHES = 3  # operators
CALL = 20  # Python instructions that may go with a call of an operator: its arguments, a loop, a test of its result
SMALL = 1 << 16  # bytes: less is in the fastest caches, and of no account
PAGE = 4096  # bytes
FAULTS = 16
SUBNORMAL = 0.01  # share of numbers
CORES = 1.3  # times as many cores busy
WAITED, QUIET = 0.3, 0.05  # shares of the time that a thread waits for a core: much, and hardly ever
TINY = 1 << 14  # bytes of an operator: it costs the same whatever it computes
OUTWEIGHS = 2.0  # times as much as the other side


@dataclass(frozen=True)
class Reason:
    """Something that the slower side does and the faster one does not, or not as much."""

    kind: str  # its name in RULES
    text: str  # what both sides do, with the figures; follows the name of the slower side: "makes a temporary of ..."
    seconds: float | None  # of a call that it accounts for; None: cannot be estimated
    covers: tuple[str, ...] = ()  # kinds that are only consequences of this one


def recompile(pair: Pair) -> Reason | None:
    """Every call compiles."""
    more = pair.more("recompiled")
    if not more or more <= 0 or not pair.slow.recompiled:
        return None
    compiling = pair.slow.compiling or None
    fast = pair.fast.recompiled or 0
    text = (
        f"compiles {per_call(pair.slow.recompiled, 'graph')} again, {pair.fast_name} {count(fast) if fast else 'none'}"
    )
    return Reason("recompile", text, compiling, ("python loop", "dispatches", "copy", "temporary", "page faults"))


def lost_fusion(pair: Pair) -> Reason | None:
    """One side compiles the whole into few kernels, the other runs pieces, each of which reads and writes memory."""
    fast, slow = pair.fast, pair.slow
    if not fast.compiled or not fast.graphs or fast.kernels is None or slow.recompiled:
        return None
    if slow.compiled:
        if not slow.breaks or slow.breaks <= (fast.breaks or 0) or slow.kernels is None:
            return None
        pieces = slow.kernels
        what = f"is broken into {many(slow.graphs or 0, 'graph')} by {many(slow.breaks, 'graph break')}"
        what += f" and runs {many(pieces, 'kernel')}"
    else:
        if slow.operators is None:
            return None
        pieces = slow.operators
        what = f"runs {many(pieces, 'operator')} one after the other"
    if pieces <= fast.kernels:
        return None
    text = f"{what}, where {pair.fast_name} is fused into {many(fast.kernels, 'kernel')}"
    each = 2 * (slow.kept or 0)  # a piece more writes an intermediate result, and the next one reads it
    seconds = pair.prices.stream((pieces - fast.kernels) * each, max(2 * each, each + (slow.peak or 0)))
    if seconds is not None:
        seconds += (pieces - fast.kernels) * (pair.prices.dispatch or 0.0) * (not slow.compiled)
        seconds += _faulting(pair, (pieces - fast.kernels) * each / 2)
    return Reason("lost fusion", text, seconds, ("temporary", "page faults", "traffic", "dispatches", "copy"))


def upcast(pair: Pair) -> Reason | None:
    """Operators compute in a wider floating dtype than the inputs have."""
    more = pair.more("wide")
    if not more or more <= 0 or not pair.slow.wide or pair.slow.wide < OUTWEIGHS * (pair.fast.wide or 0):
        return None
    names = pair.slow.culprits.get("wide", ())
    dtype = max((name for name in pair.slow.dtypes if "float" in name), key=_bits, default="a wider dtype")
    text = f"computes in {dtype}, wider than its inputs, in {many(pair.slow.wide, 'operator')} ({_some(names)})"
    return Reason("upcast", text, pair.self_time(names), ("copy", "temporary", "page faults", "traffic", "dispatches"))


def _bits(dtype: str) -> int:
    return int("".join(letter for letter in dtype if letter.isdecimal()) or 0)


def denormals(pair: Pair) -> Reason | None:
    """Subnormal numbers, which many processors handle in microcode."""
    slow, fast = pair.slow.subnormal, pair.fast.subnormal
    if slow is None or fast is None or slow < SUBNORMAL or slow < OUTWEIGHS * fast:
        return None
    names = pair.slow.culprits.get("subnormal", ())
    text = f"works on subnormal numbers, {slow:.0%} of all that it reads and writes ({_some(names)})"
    return Reason("denormals", text, pair.self_time(names))


def strided(pair: Pair) -> Reason | None:
    """Memory is read with gaps, or in another order than the result is written."""
    slow, fast = pair.slow.strided, pair.fast.strided
    if slow is None or fast is None or slow < SMALL or slow < OUTWEIGHS * fast:
        return None
    names = pair.slow.culprits.get("strided", ())
    text = f"reads {bytes_(slow)} with gaps or across the order of memory ({_some(names)})"
    return Reason("strided read", f"{text}, {pair.fast_name} {bytes_(fast)}", pair.self_time(names))


def threads(pair: Pair) -> Reason | None:
    """The faster side uses more cores."""
    slow, fast = pair.slow.parallel, pair.fast.parallel
    if slow is None or fast is None or fast < CORES * max(slow, 1.0):
        return None
    busy = f"{slow:.2g}"
    text = f"keeps {busy} core{'s' * (busy != '1')} busy, {pair.fast_name} {fast:.2g}"
    if pair.slow.threads and pair.fast.threads and pair.slow.threads < pair.fast.threads:
        text += f"; torch may use {many(pair.slow.threads, 'thread')} in it, {pair.fast.threads} in the other"
    whole = pair.slow.seconds if pair.slow.running is None else pair.slow.running
    return Reason("threads", text, whole * (1 - slow / fast))


def syncs(pair: Pair) -> Reason | None:
    """Values are fetched from tensors into Python, each of which waits for all work before it."""
    more = pair.more("syncs")
    if not more or more < 1 or not pair.slow.syncs or pair.slow.syncs < OUTWEIGHS * (pair.fast.syncs or 0):
        return None
    traced = pair.self_time(("aten::item", "aten::_local_scalar_dense", "cudaStreamSynchronize", "cudaMemcpyAsync"))
    priced = more * pair.prices.sync if pair.prices.sync else None
    seconds = max((one for one in (traced, priced) if one is not None), default=None)
    calling, only = _calling(pair, more)
    text = f"fetches a value into Python {_times(pair.slow.syncs)} (`.item()` or its like), {pair.fast_name} "
    seconds = None if seconds is None else seconds + calling
    return Reason("sync", text + _times(pair.fast.syncs or 0), seconds, ("dispatches", *only))


def python_loop(pair: Pair) -> Reason | None:
    """Python executes many more instructions, and not only to call operators."""
    slow, fast = pair.slow.instructions, pair.fast.instructions
    if slow is None or fast is None or slow - fast < LOOP or slow < OUTWEIGHS * fast:
        return None
    seconds = (slow - fast) * pair.prices.instruction if pair.prices.instruction else None
    text = f"executes {count(slow)} Python instructions, {pair.fast_name} {count(fast)}"
    return Reason("python loop", text, seconds)


def dispatches(pair: Pair) -> Reason | None:
    """Many more operators, each of which costs the same whatever it computes."""
    slow, fast, views = pair.slow.operators, pair.fast.operators, pair.more("views") or 0.0
    if slow is None or fast is None or slow - fast < DISPATCHES or slow < OUTWEIGHS * fast:
        return None
    price, view = pair.prices.dispatch, pair.prices.view or 0.0
    seconds = (slow - fast) * price + max(0.0, views) * view if price else None
    if pair.slow.moved is not None and pair.slow.moved < TINY * slow:  # then all of their time is the fixed cost
        traced = pair.self_time(tuple(row.name for row in pair.slow.rows if "::" in row.name))
        seconds = max((one for one in (seconds, traced) if one is not None), default=None)
    calling, only = _calling(pair, slow - fast)
    seconds = None if seconds is None else seconds + calling
    return Reason("dispatches", f"dispatches {many(slow, 'operator')}, {pair.fast_name} {count(fast)}", seconds, only)


def _calling(pair: Pair, calls: float) -> tuple[float, tuple[str, ...]]:
    """Seconds of the Python instructions that so many more calls need; a reason that these are, if they are all."""
    more = pair.more("instructions") or 0.0
    seconds = max(0.0, min(more, CALL * calls)) * (pair.prices.instruction or 0.0)
    return seconds, ("python loop",) if more <= CALL * calls else ()


def copy(pair: Pair) -> Reason | None:
    """Copies that the other side does not make."""
    slow, fast = pair.slow.copied, pair.fast.copied
    if slow is None or fast is None or slow - fast < SMALL or slow < OUTWEIGHS * fast:
        return None
    names = pair.slow.culprits.get("copied", ())
    inner = tuple(dict.fromkeys((*names, "aten::clone", "aten::copy_", "aten::empty_like", "aten::empty_strided")))
    moved = f"reads and writes {bytes_(slow)} to copy ({_some(names)}), {pair.fast_name} {bytes_(fast)}"
    return Reason("copy", moved, pair.self_time(inner), ("temporary", "page faults", "traffic"))


def temporary(pair: Pair) -> Reason | None:
    """Memory that is held only during the call, written once and read once."""
    more = pair.more("temporary")
    if more is None or more < SMALL or (pair.slow.temporary or 0) < OUTWEIGHS * (pair.fast.temporary or 0):
        return None
    seconds = pair.prices.stream(2 * more)
    seconds = None if seconds is None else seconds + _faulting(pair, more)
    text = f"holds a temporary of {bytes_(pair.slow.temporary)} beyond its result, {pair.fast_name} "
    faulting = pair.more("faults") or 0.0
    covers = ("traffic", "page faults") if faulting * PAGE <= OUTWEIGHS * more else ("traffic",)
    return Reason("temporary", text + bytes_(pair.fast.temporary), seconds, covers)


def _faulting(pair: Pair, size: float) -> float:
    """Seconds of the page faults that ``size`` more bytes of memory may have caused."""
    return max(0.0, min(pair.more("faults") or 0.0, size / PAGE)) * (pair.prices.fault or 0.0)


def page_faults(pair: Pair) -> Reason | None:
    """Fresh pages, which the system fetches and clears at their first touch."""
    slow, fast = pair.slow.faults, pair.fast.faults
    if slow is None or fast is None or slow - fast < FAULTS or slow < OUTWEIGHS * fast:
        return None
    seconds = (slow - fast) * pair.prices.fault if pair.prices.fault else None
    text = (
        f"causes {per_call(slow, 'page fault')} ({bytes_(slow * PAGE)} of fresh memory), {pair.fast_name} {count(fast)}"
    )
    return Reason("page faults", text, seconds, ("waiting",))


def traffic(pair: Pair) -> Reason | None:
    """Operators read and write more bytes."""
    slow, fast = pair.slow.moved, pair.fast.moved
    if slow is None or fast is None or slow - fast < SMALL or slow < OUTWEIGHS * fast:
        return None
    text = f"reads and writes {bytes_(slow)} in its operators, {pair.fast_name} {bytes_(fast)}"
    return Reason("traffic", text, pair.prices.stream(slow - fast, _largest(pair.slow)))


def _largest(side: Evidence) -> float:
    """About the bytes that a call works on at a time."""
    return max(side.peak or 0, (side.moved or 0) / max(1, side.operators or 1))


def waiting(pair: Pair) -> Reason | None:
    """The calling thread waited for a core, although the other side's did not: something of its own takes the cores."""
    shares = [None if one.waited is None or not one.wall else one.waited / one.wall for one in (pair.slow, pair.fast)]
    slow, fast = shares
    if slow is None or fast is None or slow < WAITED or fast > QUIET:
        return None
    text = f"waits for a core for {_share(slow)} of its time, {pair.fast_name} for {_share(fast)}"
    return Reason("waiting", text, pair.slow.seconds * slow - pair.fast.seconds * fast)


def _times(number: float) -> str:
    return "never" if not number else "once" if number == 1 else f"{count(number)} times"


def _share(value: float) -> str:
    return f"{min(1.0, value):.0%}"


def _some(names: tuple[str, ...], most: int = 3) -> str:
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])]) or "no operator of its own"


Rule = Callable[[Pair], Reason | None]
RULES: Mapping[str, Rule] = {  # kind of reason -> rule; of two that account for the same, the earlier is named first
    "recompile": recompile,
    "lost fusion": lost_fusion,
    "upcast": upcast,
    "denormals": denormals,
    "strided read": strided,
    "threads": threads,
    "sync": syncs,
    "python loop": python_loop,
    "dispatches": dispatches,
    "copy": copy,
    "temporary": temporary,
    "page faults": page_faults,
    "traffic": traffic,
    "waiting": waiting,
}
