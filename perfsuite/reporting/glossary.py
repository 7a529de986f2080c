"""What the words of the reports mean. The terminal, the pages and TensorBoard use the same ones.

Every heading of a section or a column is one of these words or an alias of one; see :func:`word`.
"""

from __future__ import annotations

import re

PAGE = "glossary.html"  # beside the other pages
WORDS = {
    "component": "one computation with its inputs, reference and work model: `matmul.ladder`",
    "variant": "one function of a component's file in `impls/`",
    "executor": "how a variant is run: `eager`, `compile` (torch.compile), `cudagraph`",
    "case": "one size of the inputs: `5x784x10`",
    "dtype": "the type of the numbers in the result",
    "device": "where a variant runs: `cpu` or `cuda`",
    "threads": "how many threads torch may use: `1`, or `all` cores",
    "cell": (
        "one measurement: `family.component/variant/executor/device/case/threads`, with `@cold` for flushed caches"
    ),
    "ladder": "the variants of a component in teaching order, at one case",
    "baseline": "the variant that speed-ups are relative to",
    "launch": "one fresh process in which the cells of a case are timed in turns; six for each cell",
    "sample": "the time of one batch of calls, divided by the number of calls",
    "time": "the median over launches of each launch's median sample",
    "±": (
        "half the width of the interval that covers the median of the launches, relative to the time; the "
        "confidence is exact for any distribution, and the heading states it"
    ),
    "× best": "the time, divided by that of the fastest variant of the same case",
    "tie": "the interval of the ratio to the fastest contains 1: which of the two is faster is not decided",
    "speed-up": "the baseline's time, divided by this one",
    "roof": (
        "the hardware limit of this machine, measured in the same run: arithmetic, bandwidth of each level of "
        "memory, dispatch"
    ),
    "× hw": (
        "the time, divided by the hardware's floor: the larger of the arithmetic at the peak and the traffic "
        "at the bandwidth"
    ),
    "floor": "the hardware's floor and the overhead of the operators that PyTorch has to dispatch",
    "× floor": "the time, divided by the floor",
    "bound": (
        "the part of the floor that is largest: compute, memory (with its level), or overhead; where there is no "
        "floor, the largest part of the account"
    ),
    "unexplained": "the time is more than twice what its account adds up to",
    "account": (
        "what a time consists of, each part counted or measured by itself: operators, each run alone on other data; "
        "autograd nodes, Python instructions and page faults, times what each costs here; native code; waiting"
    ),
    "less traffic": "faster than streaming all operands from memory: they were in a cache",
    "peak": (
        'the most memory that a call held at once beyond what was held before, from the allocators; "at least" '
        "where native code holds some"
    ),
    "error": "the largest error, relative to what the component allows",
    "ok": "proved and timed; only such cells enter ratios",
    "wrong": "a result, of the check or of a timed call, is not correct",
    "impossible": "the whole interval is more than five times faster than the hardware's floor",
    "timed apart": "variants changed each other's times, so each was timed in its own processes",
    "unstable": "the upper end of the interval is more than four times the lower one",
    "contended": "the cores were not free in more than half of the launches of a cell that uses all of them",
    "compile cost": "the time of preparation and first call of a compiled variant, once the compiler has been started",
    "cold": (
        "of a first call: no compiled code is on disk; in a cell's name, `@cold` means something else: flushed caches"
    ),
    "warm": "of a first call: in another process, with the compiled code of a cold one on disk",
    "steady": "the time of a compiled call after the first ones",
    "saves": "the time without the compiler minus the compiled one: the median of the differences within each launch",
    "break-even": (
        "the calls after which compiling has paid off; never, if the whole interval of what a call saves lies below 0, "
        "and unclear, if it contains 0"
    ),
    "recompiles": (
        "how many other shapes a variant compiled a graph for, under torch's default, where sizes that differ become "
        "dynamic; and what the longest of these calls took beyond a usual one"
    ),
    "skipped": "cannot run here, or would take too long; the reason says which",
    "status": "`ok`, or why a cell has no time",
    "reason": "why a cell has no time, in words",
    "note": "what must be known about a time beside its distance from the floor",
    "why": "what was measured beside the time that explains it, most important first",
    "first item": "of a stream: the time until its first item",
    "per item": "of a stream: the time of each further item",
    "operators": "what PyTorch dispatches in one call, without views",
    "interval": "the range that covers the true value with the confidence that the heading states",
    "finding": (
        "what a run teaches first, chosen by rule from its proved times: the largest ladder, the largest surprise, and "
        "the farthest from the hardware"
    ),
    "largest ladder": "the largest ratio of two variants of one case that do the same work, and are no tie",
    "largest surprise": (
        "the largest contradiction of an expectation that the whole interval excludes: a published speed-up, or that "
        "compiling or more threads make a variant faster"
    ),
    "farthest from the hardware": (
        "the fastest variant of a case with the largest × hw, where overhead is not the bound and the time is explained"
    ),
    "claim": "what a source says about speed, and whether this run verifies or refutes it",
    "published": "the speed-ups that the sources give, from the smallest to the largest",
    "here": "the same speed-up in this run: the median over launches of the ratio within each",
    "verdict": "whether the whole interval lies on one side of the line, and on which",
    "figure": "the ratio that a verdict rests on, and below it its interval",
    "evidence": "the measurement or fact that decides a claim",
    "trace": "the profiler's record of a few calls, for Perfetto or TensorBoard",
    "command": "what measures this cell again, to run in the project's folder",
    "timed": "cells with a time, of all in this run",
    "limit": "what was measured: arithmetic of a dtype, bandwidth of a memory, or the overhead of an operator",
    "best of the run": "the best burst of the run; floors are computed from it",
    "typical": "the median of the bursts",
    "how it was measured": "the operation that was repeated to find the limit",
    "machine class": "the processor and what else changes times; runs of different classes are not compared",
    "part": "a part of a call, or of an epoch, that was timed on its own",
    "time against size": "the time of a call for growing inputs, above the floor of each size",
    "crossover": "the size from which another variant is the fastest",
    "memory against time": "the peak of each variant beside its time: a faster one may hold more",
    "scaling": "how many times as fast a call is with all cores as with one thread",
    "evidence of a call": "what was counted or measured in one call of each side",
    "flame graph": "the frames of a call by the time they take: redder where the first side takes longer",
    "instructions": "what valgrind counted in one call; never translated into time",
    "frame": "a function of Python or of native code that was running when a sample was taken",
    "difference": "the slower side minus the faster one",
    "roofline": "FLOP/s against FLOP per byte, below what the arithmetic and the memory of this machine allow",
    "change": "HEAD's or NEW's time over BASE's or OLD's, minus one, and below it its interval",
    "drift": "how far the machine itself moved between two runs; a smaller change means nothing",
    "comparison": "two commits timed in turns in one process, with a measured error rate",
    "base": "the median time of a call before the change",
    "epochs": "fresh processes that a verdict took",
    "cost": "machine time of a verdict, including the starts of processes",
    "old": "the earlier run",
    "new": "the later run",
    "fact": "something beside the code that can change times",
}
ALIASES = {  # heading -> its word
    "the ladder": "ladder",
    "components": "component",
    "about this component": "component",
    "break-even warm": "break-even",
    "cells": "cell",
    "every cell": "cell",
    "every cell of this run": "cell",
    "variants": "variant",
    "fastest": "variant",
    "slowest": "variant",
    "scaling with threads": "scaling",
    "when compiling pays off": "break-even",
    "what things cost here": "roof",
    "frames": "frame",
    "operator": "operators",
    "reasons considered": "why",
    "cell, and what explains the verdict": "cell",
    "fastest variant": "variant",
    "without a time": "status",
    "what this run shows": "finding",
    "what the sources claim": "claim",
    "against the published figures": "published",
    "limits of this machine": "roof",
    "machine and environment": "machine class",
    "where the time goes": "part",
    "which variant wins where": "crossover",
    "samples in time order": "sample",
    "what changed": "comparison",
    "since the last run here": "change",
    "how far the machine moved": "drift",
    "cells that only one run timed": "status",
    "same work takes": "drift",
    "on": "device",
    "best": "best of the run",
}


def word(title: str) -> str:
    """The glossary's word for the heading ``title``: ``time`` for ``Time, µs``; "" if there is none."""
    text = title.lower()
    candidates = (text, ALIASES.get(text, ""), text.rpartition(" ")[0].rstrip(","))
    return next((found for found in candidates if found in WORDS), "")


def anchor(word: str) -> str:
    """The anchor of ``word`` on the page."""
    names = {"±": "half-width", "×": "times"}
    return "word-" + re.sub(r"[^a-z-]+", "-", "".join(names.get(letter, letter) for letter in word)).strip("-")


def address(title: str) -> str:
    """The address where the heading ``title`` is explained; "" if it is not."""
    found = word(title)
    return f"{PAGE}#{anchor(found)}" if found else ""


def meaning(title: str) -> str:
    """What the heading ``title`` means, as plain text; "" if it is not in the glossary."""
    return WORDS.get(word(title), "").replace("`", "")


def markdown() -> str:
    """The glossary as a Markdown table."""
    return "\n".join(["| word | meaning |", "|---|---|", *(f"| {name} | {text} |" for name, text in WORDS.items()), ""])
