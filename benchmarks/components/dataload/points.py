"""DL-04: points of a Dirichlet distribution, a hundred and a hundred thousand of them. Drawing them is the work."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

FEATURES = 10
STEPS = 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5  # where the distribution function is checked
SELDOM = 1e10  # at most one correct share in so many is rejected; a result has 70


def inputs(case: Case, generator: Any) -> Inputs:
    """``alpha`` (10,), all 1, and how many points are asked for: no seed changes either."""
    import torch

    return torch.ones(FEATURES, dtype=torch.float64), case.shape["count"]


def canonical(case: Case, points: Any) -> Any:
    """What every correct result has: the shape, sums of 1, no negative numbers, and each feature's distribution.

    Raises:
        ValueError: they are not (count, 10) numbers in float64, or more than one in a thousand is a repeat. A few may
            repeat: torch's distribution uses float32 numbers on a GPU.
    """
    import torch

    if points.shape != (case.shape["count"], FEATURES) or points.dtype != torch.float64:
        raise ValueError(f"{tuple(points.shape)} in {points.dtype}")
    if len(points.unique()) < 0.999 * points.numel():
        raise ValueError("numbers come twice")
    below = torch.stack([(points < step).double().mean(0) for step in STEPS])
    return points.sum(1), points.clamp(max=0), below


def reference(case: Case, alpha: Any, count: int) -> Any:
    """For points uniform on the simplex, a feature is below ``x`` with probability ``1 - (1 - x)^9``."""
    import torch

    below = 1 - (1 - torch.tensor(STEPS, dtype=torch.float64)) ** (FEATURES - 1)
    ones = torch.ones(count, dtype=torch.float64)
    return ones, torch.zeros(count, FEATURES, dtype=torch.float64), below[:, None].expand(-1, FEATURES)


def tolerance(case: Case, expected: Any, alpha: Any, count: int) -> Any:
    """A few roundings for sums, and Bernstein's bound for a share of ``count`` points that has probability p.

    A count of successes is farther than ``t`` from its mean with a probability of at most
    ``2 exp(-t^2 / (2 v + 2 t / 3))``, where ``v = count p (1 - p)`` (Bernstein, 1946). ``t`` is chosen so that this
    happens once in 10^10. Six standard deviations are too few if ``count p`` is small: four of 100 points above 0.5
    happen once in 20,000.
    """
    rare = math.log(2 * SELDOM)
    variance = count * expected[2] * (1 - expected[2])
    return 1e-14, 0.0, (rare / 3 + (rare**2 / 9 + 2 * variance * rare).sqrt()) / count


def flops(case: Case) -> int:
    """A sum and a quotient for each number; drawing it takes no fixed number of operations."""
    return 2 * int(case.shape["count"]) * FEATURES


def bytes(case: Case) -> int:
    """Each point written once."""
    return 8 * int(case.shape["count"]) * FEATURES


def points(count: int, **more: Any) -> Case:
    """``count`` points."""
    return Case(f"{count}x10", {"count": count}, "float64", "points", count, **more)


COMPONENT = Component(
    name="dataload.points",
    title="Points of a Dirichlet distribution",
    question="How fast can the source's data be drawn, and what does a generator for any distribution cost?",
    rows=("DL-04",),
    cases=(points(100), points(100_000), points(1_000_000, opt_in="half a second per call")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="numpy_legacy",
    canonical=canonical,
    accepts={
        "reversed order": "The points have no order, and all features have the same distribution.",
        "cached output": "The points do not depend on the inputs. A test checks that each call draws new ones.",
    },
    work={
        "torch_dirichlet": "Works for any parameters.",
        "numpy_legacy": "Works for any parameters.",
        "numpy_generator": "Works for any parameters.",
    },
)
