"""What the words of the reports mean. The terminal, the pages and TensorBoard use the same ones."""

from __future__ import annotations

import re

PAGE = "glossary.html"  # beside the other pages
WORDS = {
    "component": "one computation with its inputs, reference and work model: `matmul.ladder`",
    "variant": "one function of a component's file in `impls/`",
    "executor": "how a variant is run: `eager`, `compile` (torch.compile), `cudagraph`",
    "case": "one size of the inputs: `5x784x10`",
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
    "bound": "the part of the floor that is largest: compute, memory (with its level), or overhead",
    "unexplained": "the time is more than twice what all known costs add up to",
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
}


def word(title: str) -> str:
    """The glossary's word for the heading ``title``: ``time`` for ``Time, µs``; "" if there is none."""
    text = title.lower()
    return next((found for found in (text, text.rpartition(" ")[0].rstrip(",")) if found in WORDS), "")


def anchor(word: str) -> str:
    """The anchor of ``word`` on the page."""
    names = {"±": "interval", "×": "times"}
    return "word-" + re.sub(r"[^a-z-]+", "-", "".join(names.get(letter, letter) for letter in word)).strip("-")


def address(title: str) -> str:
    """The address where the heading ``title`` is explained; "" if it is not."""
    found = word(title)
    return f"{PAGE}#{anchor(found)}" if found else ""


def meaning(title: str) -> str:
    """What the heading ``title`` means; "" if it is not in the glossary."""
    return WORDS.get(word(title), "")


def markdown() -> str:
    """The glossary as a Markdown table."""
    return "\n".join(["| word | meaning |", "|---|---|", *(f"| {name} | {text} |" for name, text in WORDS.items()), ""])
