"""Stacks of both sides in one form: seconds of a call by frames, without lines, addresses and folders."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

Stacks = Mapping[tuple[str, ...], float]

VARIANT = "the variant"  # the frame of the function itself, whose name differs between the sides
OURS = re.compile(r"\((?:.*/)?perfsuite/|\(sampling\.py|\(passes\.py|\(prepared\.py|\(context\.py|\(tracing\.py")
BELOW = re.compile(r"_burst \(|: _steps$")  # the frame that makes the calls
NATIVE = re.compile(r"\.(?:so|dylib)\b[^()]*\)$")  # "name (libtorch_cpu.so)"
SAMPLED = re.compile(r"^(?P<name>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")  # py-spy's frames
TRACED = re.compile(r"^(?P<file>[^()]*\.py)\(\d+\): (?P<name>.*)$")  # those of torch's profiler
PLUMBING = re.compile(r"^(?:c10::impl::|c10::Dispatcher|c10::KernelFunction|0x[0-9a-f]+)|::redispatch$")
LONGEST = 90  # characters of a frame


def parsed(folded: str, variant: str, seconds: float) -> dict[tuple[str, ...], float]:
    """The folded stacks of a side, weighted so that all of them together are ``seconds``, the time of a call."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in folded.splitlines():
        text, _, number = line.rpartition(" ")
        if number.isdecimal() and (frames := _frames(text.split(";"), variant)):
            found[frames] += int(number)
    whole = sum(found.values())
    return {frames: seconds * number / whole for frames, number in found.items()}


def _frames(frames: Sequence[str], variant: str) -> tuple[str, ...]:
    """The frames below the one that makes the calls; none if that is not among them."""
    at = max((at for at, frame in enumerate(frames) if BELOW.search(frame)), default=None)
    inner = [frame for frame in (frames if at is None else frames[at + 1 :]) if not OURS.search(_as_sampled(frame))]
    if at is None and any("(" in frame and "sampling.py" in frame for frame in frames):
        return ()  # a look at py-spy between two bursts
    named = [_named(frame, variant) for frame in inner]
    return tuple(name for at, name in enumerate(named) if name and (at == 0 or named[at - 1] != name))


def _as_sampled(frame: str) -> str:
    traced = TRACED.match(frame)
    return f"{traced['name']} ({traced['file']}:1)" if traced else frame


def _named(frame: str, variant: str) -> str:
    """A frame's name without what differs between processes; "" for one that only passes a call on."""
    if PLUMBING.search(frame):
        return ""
    if NATIVE.search(frame):
        name = bare(frame.rpartition(" (")[0])
        return "" if PLUMBING.search(name) else _cut(name)
    found = SAMPLED.match(_as_sampled(frame))
    if not found:
        return _cut(frame)
    name = found["name"].rpartition(".")[2] if "<locals>" not in found["name"] else found["name"]
    if name == variant:
        return VARIANT
    file = "/".join(PurePosixPath(found["file"]).parts[-2:])
    return _cut(f"{found['name']} ({file})" if file else found["name"])


def bare(name: str) -> str:
    """A C++ name without template arguments and parameters."""
    name, before = name.replace("(anonymous namespace)", "{anonymous}"), ""
    while name != before:
        before, name = name, re.sub(r"<[^<>]*>|\([^()]*\)", "", name)
    return name.strip()


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def by_frame(stacks: Stacks) -> dict[str, tuple[float, float]]:
    """Frame -> seconds in it alone, and seconds in it with all that it calls."""
    alone: defaultdict[str, float] = defaultdict(float)
    whole: defaultdict[str, float] = defaultdict(float)
    for frames, seconds in stacks.items():
        alone[frames[-1]] += seconds
        for frame in set(frames):
            whole[frame] += seconds
    return {frame: (alone[frame], whole[frame]) for frame in whole}
