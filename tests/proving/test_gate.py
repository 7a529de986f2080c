"""The gate lets right answers through and stops every known way of being wrong, for each component and case."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

import pytest
import torch
from mutants import KINDS, Variant, warm, whole
from torch.utils import _pytree as pytree

from perfsuite.model.component import Case, Component, Inputs
from perfsuite.project import catalogue
from perfsuite.proving import closeness, gate

CASES = [
    pytest.param(
        component,
        case,
        id=f"{name}-{case.name}",
        marks=[pytest.mark.slow] if component.flops(case) > 3e9 else [],
    )
    for name, component in catalogue.components().items()
    for case in component.cases
    if not case.opt_in
]


def right_variant(component: Component, case: Case):
    """The last plain variant of the ladder that runs anywhere: fast, and proved by the test before it is spoiled.

    Where none is plain, the last prepared one, prepared anew in each call.
    """
    module = importlib.import_module(f"impls.{component.name}")
    anywhere = [variant for variant in reversed(catalogue.variants(component.name)) if not variant.needs]
    joining = [variant for variant in anywhere if variant.name in (case.only or [variant.name])]
    for variant in joining:
        if not variant.prepared:
            return getattr(module, variant.name)
    assert joining, f"{component.name} {case.name} has no variant that runs anywhere"
    prepare = getattr(module, joining[0].name)
    return lambda *inputs: prepare(*inputs)()


def remembered(right: Variant, truths: list[gate.Truth]) -> Variant:
    """``right``, which computes its answer to each of ``truths`` once, however often it is spoiled."""
    answers: dict[int, Any] = {}

    def told(inputs: Inputs) -> int | None:
        for at, truth in enumerate(truths):
            with contextlib.suppress(gate.Wrong):
                gate.unchanged(inputs, truth)
                return at
        return None

    def answer(*inputs: Any) -> Any:
        at = told(inputs)
        if at is None:  # spoiled inputs
            return right(*inputs)
        if at not in answers:
            answers[at] = whole(right(*inputs))
        return pytree.tree_map_only(torch.Tensor, torch.clone, answers[at])

    return answer


@pytest.mark.parametrize(("component", "case"), CASES)
def test_the_gate_accepts_the_right_and_rejects_the_wrong(component: Component, case: Case):
    right = right_variant(component, case)
    truths = [gate.truth(component, case, seed) for seed in range(2)]

    def prove(variant) -> closeness.Match:
        inputs = gate.copy(truths[0].inputs, "cpu")
        return gate.prove(lambda: variant(*inputs), inputs, truths)

    assert prove(right).share <= 1
    right = remembered(right, truths)
    let_through = []
    for kind, spoil in KINDS.items():
        if kind == "bf16 arithmetic" and case.dtype != "float32":
            continue
        try:
            prove(spoil(right))
        except gate.Wrong:
            continue
        let_through.append(kind)
    assert set(let_through) <= set(component.accepts), f"the gate lets through: {let_through}"
    assert all(component.accepts.values()), "an accepted kind needs its reason"


def test_a_variant_that_goes_wrong_when_warm_passes_the_gate_and_fails_on_fresh_inputs():
    component = catalogue.component("matmul.ladder")
    case = component.cases[0]
    truths = [gate.truth(component, case, seed) for seed in range(3)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    tiring = warm(torch.mm, calls=4)
    gate.prove(lambda: tiring(*inputs), inputs, truths)
    gate.refill(inputs, truths[1].inputs)
    with pytest.raises(gate.Wrong, match="outside the tolerance"):
        gate.match(tiring(*inputs), truths[1])


def test_the_reason_says_what_is_wrong():
    component = catalogue.component("matmul.ladder")
    truth = gate.truth(component, component.cases[0], 0)
    answer = torch.mm(*truth.inputs)
    with pytest.raises(gate.Wrong, match=r"returns torch.float64, not torch.float32"):
        gate.match(answer.double(), truth)
    with pytest.raises(gate.Wrong, match=r"returns shape \(1, 5, 10\), not \(5, 10\)"):
        gate.match(answer[None], truth)
    with pytest.raises(gate.Wrong, match="returns NoneType, not a tensor"):
        gate.match(None, truth)
    with pytest.raises(gate.Wrong, match="returns 2 tensors, not 1"):
        gate.match((answer, answer), truth)
    with pytest.raises(
        gate.Wrong, match=r"50 of 50 elements are outside the tolerance; the worst at \[0, 0\] has error nan"
    ):
        gate.match(answer * float("nan"), truth)


@pytest.mark.parametrize(
    ("error", "allowed", "says"),
    [
        # The largest error of all, and the largest limit of all, are those of elements that are right.
        ([2e-3, 2.25e-5, 0.0], [2.15e-3, 1.3e-5, 1.0], "1 of 3; the worst at [1] has error 2.25e-05, allowed 1.3e-05"),
        ([4.0, 3.0, 0.0], [2.0, 1.0, 1.0], "2 of 3; the worst at [1] has error 3, allowed 1"),
        ([9.0, float("nan"), 1.0], [0.0, 1.0, 0.5], "3 of 3; the worst at [1] has error nan, allowed 1"),
        ([9.0, 0.0, 1.0], [1.0, 0.0, 0.0], "2 of 3; the worst at [2] has error 1, allowed 0"),
        (
            [[0.0, 0.0], [float("inf"), 0.0]],
            [[1.0, 1.0], [1.0, 1.0]],
            "1 of 4; the worst at [1, 0] has error inf, allowed 1",
        ),
        (2.0, 1.0, "1 of 1; the worst has error 2, allowed 1"),
        ([2.0, 0.0], [float("nan"), 1.0], "1 of 2; the worst at [0] has error 2, allowed nan"),
    ],
)
def test_the_reason_gives_the_failing_elements_own_error_and_limit(error: Any, allowed: Any, says: str):
    wanted = torch.zeros(torch.tensor(error).shape, dtype=torch.float64)
    with pytest.raises(gate.Wrong) as raised:
        gate._leaf(
            "cpu",
            torch.tensor(error, dtype=torch.float64),
            wanted,
            torch.tensor(allowed, dtype=torch.float64),
            ("float64", ""),
            "cpu",
        )
    assert str(raised.value) == says.replace(";", " elements are outside the tolerance;")


@pytest.mark.parametrize("bound", ["one", "each", "row"])
@pytest.mark.parametrize("wrong", [1.0, float("nan"), float("inf")])
def test_answers_larger_than_a_piece_are_compared_to_their_last_element(bound: str, wrong: float):
    """They are compared in pieces: the worst of all is told, and a wrong element in the last piece is found."""
    columns = 7
    wanted = torch.ones(closeness.CHUNK // 3, columns, dtype=torch.float64)
    allowed = {"one": torch.tensor(0.5), "each": torch.full_like(wanted, 0.5), "row": torch.full((columns,), 0.5)}
    values = wanted.clone()
    values[1, 1], values[-1, -1] = 1.25, 1.125
    found = gate._leaf("cpu", values, wanted, allowed[bound], ("float64", ""), "cpu")
    assert (found.error, found.share) == (0.25, 0.5)
    values[-1, -1] += wrong
    at = [wanted.shape[0] - 1, columns - 1]
    with pytest.raises(gate.Wrong) as raised:
        gate._leaf("cpu", values, wanted, allowed[bound], ("float64", ""), "cpu")
    assert str(raised.value).startswith(f"1 of {wanted.numel()} elements are outside the tolerance; the worst at {at}")


@pytest.mark.parametrize("nothing", [True, False])
def test_what_is_compared_in_few_passes_is_what_each_element_says(nothing: bool):
    generator = torch.Generator().manual_seed(3)
    right = 0
    for _ in range(300):
        wanted = torch.randn(7, generator=generator, dtype=torch.float64)
        allowed = torch.rand(7, generator=generator, dtype=torch.float64) * (not nothing)
        allowed[torch.rand(7, generator=generator) < 0.5] = 0.0
        values = wanted + 1.05 * allowed * (2 * torch.rand(7, generator=generator, dtype=torch.float64) - 1)
        for at, special in enumerate((float("inf"), float("nan"))):
            if torch.rand(1, generator=generator) < 0.1:
                wanted[at] = float("inf")
                values[at] = special
        error = torch.where(values == wanted, 0.0, (values - wanted).abs())
        found = closeness._near(values, wanted, allowed)
        if any(not error[at] <= allowed[at] for at in range(7)):
            assert found is None
        else:
            right += 1
            shares = [float(error[at] / allowed[at]) if error[at] else 0.0 for at in range(7)]
            assert found == (float(error.max()), pytest.approx(max(shares), rel=1e-12))
    assert 0 < right < 300


def test_refill_keeps_the_objects_and_changes_the_contents():
    inputs = (torch.zeros(3), [torch.zeros(2)], 4)
    first = inputs[0]
    gate.refill(inputs, (torch.ones(3), [torch.full((2,), 2.0)], 4))
    assert inputs[0] is first and first.tolist() == [1, 1, 1] and inputs[1][0].tolist() == [2, 2]
    with pytest.raises(ValueError, match="4 became 5"):
        gate.refill(inputs, (torch.ones(3), [torch.ones(2)], 5))
