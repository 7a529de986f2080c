"""The inputs that results are judged on, and their references: in the referee's process."""

from __future__ import annotations

import hashlib
from typing import Any

from perfsuite.project import catalogue
from perfsuite.proving import gate

KEPT = 1 << 30  # approximate size of the cache of references, in bytes
SEED_BITS = 48
TRIES = 8  # maximum number of inputs drawn for each one needed, in case some are equal
ALIKE = 3  # inputs with equal results that are passed over: more, and the result hardly depends on the inputs
LARGE = 1 << 24  # bytes of a result that is not compared with others: so many numbers are never equal by chance


def drawn(secret: int, *what: object) -> int:
    """The seed of one set of inputs: determined by ``secret``, and unpredictable without it."""
    text = " ".join(map(str, (secret, *what)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: SEED_BITS // 8], "big")


class Truths:
    """A cache of the latest references, and of all verdicts, in the referee's process.

    Most variants return the same bits for the same inputs in each launch: their verdicts need no reference.
    """

    def __init__(self, most: int = KEPT) -> None:
        self.verdicts: dict[str, dict[str, Any]] = {}  # by a digest of the result and of what it answers
        self._most = most
        self._known: dict[tuple[str, str, int], tuple[gate.Truth, int]] = {}

    def of(self, component: str, case: str, seed: int) -> gate.Truth:
        """The reference for one seed."""
        key = (component, case, seed)
        if key not in self._known:
            found = catalogue.component(component)
            truth = gate.truth(found, next(one for one in found.cases if one.name == case), seed)
            self._known[key] = truth, gate.size((truth.inputs, truth.expected, truth.bound))
            while len(self._known) > 1 and sum(size for _, size in self._known.values()) > self._most:
                self._known.pop(next(iter(self._known)))
        return self._known[key][0]


def distinct(component: str, case: str, secret: int, count: int, truths: Truths | None = None) -> list[int]:
    """``count`` seeds, drawn from ``secret``, whose inputs all differ, if the case has that many different inputs.

    With ``truths``, the results for them differ too where that depends on the inputs: a result for one of them is not
    accepted for another.
    """
    found = catalogue.component(component)
    shape = next(one for one in found.cases if one.name == case)
    chosen: list[tuple[int, Any, gate.Truth | None]] = []  # a seed, its inputs, and its reference
    alike: list[int] = []
    equal: list[int] = []
    for at in range(TRIES * count):
        seed = drawn(secret, component, case, at)
        inputs = gate.content(found, shape, seed).inputs
        if not all(gate.differ(inputs, others) for _, others, _ in chosen):
            equal.append(seed)
            continue
        truth = _small(truths, component, case, seed) if truths and count > 1 and len(alike) < ALIKE else None
        if truth and any(other and (gate.alike(truth, other) or gate.alike(other, truth)) for *_, other in chosen):
            alike.append(seed)
            continue
        chosen.append((seed, inputs, truth))
        if len(chosen) == count:
            break
    return ([seed for seed, *_ in chosen] + alike + equal)[:count]


def _small(truths: Truths, component: str, case: str, seed: int) -> gate.Truth | None:
    """The reference, or ``None`` if it fails, which is told when a result is judged, or if it is large."""
    try:
        truth = truths.of(component, case, seed)
    except Exception:
        return None
    return truth if gate.size((truth.expected, truth.bound)) < LARGE else None
