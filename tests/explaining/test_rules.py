"""Each rule names its reason from evidence that shows it, and says nothing if the evidence is taken away or turned."""

from __future__ import annotations

import dataclasses

import pytest
from invented import MIB, PLAIN

from perfsuite.explaining.reasons import rules
from perfsuite.explaining.reasons.evidence import Evidence, Operator, Pair, Prices
from perfsuite.explaining.reasons.rules import RULES
from perfsuite.explaining.reasons.verdict import explain
from perfsuite.model.estimates import Estimate

PRICES = Prices(
    dispatch=2e-6,
    view=1e-6,
    sync=1e-6,
    fault=0.5e-6,
    instruction=2e-8,
    bandwidth=((2.0**21, 1e11), (2.0**25, 2e10), (float("inf"), 1e10)),
)
COMPILED = dataclasses.replace(
    PLAIN, compiled=True, graphs=1, kernels=1, kept=16 * MIB, peak=16 * MIB, operators=None, moved=None
)


def busy(name: str, seconds: float, traced: float) -> dict[str, object]:
    """A trace in which an operator takes ``seconds`` of ``traced``."""
    return {"traced": traced, "rows": (Operator(name, 1, seconds), Operator("aten::mul", 1, traced - seconds))}


# kind -> (the slower side, the faster side, the fields that the rule cannot do without)
KNOWN: dict[str, tuple[Evidence, Evidence, tuple[str, ...]]] = {
    "temporary": (
        dataclasses.replace(PLAIN, seconds=21e-3, peak=65 * MIB, faults=16384.0),
        PLAIN,
        ("peak", "kept"),
    ),
    "dispatches": (dataclasses.replace(PLAIN, seconds=2e-3, operators=500, rows=()), PLAIN, ("operators",)),
    "strided read": (
        dataclasses.replace(
            PLAIN,
            seconds=9e-3,
            strided=4 * MIB,
            culprits={"strided": ("aten::add",)},
            **busy("aten::add", 8e-3, 9e-3),
        ),
        PLAIN,
        ("strided", "traced"),
    ),
    "denormals": (
        dataclasses.replace(
            PLAIN,
            seconds=9e-3,
            subnormal=0.3,
            culprits={"subnormal": ("aten::sqrt",)},
            **busy("aten::sqrt", 8e-3, 9e-3),
        ),
        PLAIN,
        ("subnormal", "traced"),
    ),
    "sync": (dataclasses.replace(PLAIN, seconds=1.4e-3, syncs=300), PLAIN, ("syncs",)),
    "page faults": (dataclasses.replace(PLAIN, seconds=9e-3, faults=16384.0), PLAIN, ("faults",)),
    "recompile": (dataclasses.replace(PLAIN, seconds=80e-3, recompiled=1.0, compiling=70e-3), PLAIN, ("recompiled",)),
    "upcast": (
        dataclasses.replace(
            PLAIN,
            seconds=9e-3,
            wide=3,
            dtypes={"float64": 3, "float32": 1},
            culprits={"wide": ("aten::exp",)},
            **busy("aten::exp", 7e-3, 9e-3),
        ),
        PLAIN,
        ("wide", "traced"),
    ),
    "threads": (
        dataclasses.replace(PLAIN, seconds=4e-3, wall=4e-3, cpu=4e-3),
        dataclasses.replace(PLAIN, seconds=2e-3, wall=2e-3, cpu=3.9e-3),
        ("cpu",),
    ),
    "copy": (
        dataclasses.replace(
            PLAIN,
            seconds=3e-3,
            copied=32 * MIB,
            peak=17 * MIB,
            culprits={"copied": ("aten::clone",)},
            **busy("aten::copy_", 2e-3, 3e-3),
        ),
        PLAIN,
        ("copied", "traced"),
    ),
    "python loop": (dataclasses.replace(PLAIN, seconds=3e-3, instructions=100_000), PLAIN, ("instructions",)),
    "lost fusion": (
        dataclasses.replace(COMPILED, seconds=9e-3, graphs=4, breaks=3, kernels=4, peak=48 * MIB),
        COMPILED,
        ("kernels",),
    ),
    "traffic": (dataclasses.replace(PLAIN, seconds=6e-3, moved=102 * MIB), PLAIN, ("moved",)),
    "waiting": (dataclasses.replace(PLAIN, seconds=3e-3, wall=3e-3, waited=2e-3), PLAIN, ("waited",)),
}


def kind(slow: Evidence, fast: Evidence, prices: Prices = PRICES) -> str:
    """What is named as the reason."""
    ratio = slow.seconds / fast.seconds
    return explain(Pair(fast, slow, "fast", "slow", prices), Estimate(ratio, 0.9 * ratio, 1.1 * ratio, 0.97, 6)).kind


@pytest.mark.parametrize("reason", KNOWN)
def test_the_reason_is_named(reason: str):
    slow, fast, _ = KNOWN[reason]
    assert kind(slow, fast) == reason


def test_an_eager_chain_has_lost_its_fusion_too():
    slow = dataclasses.replace(PLAIN, seconds=9e-3, operators=4, moved=128 * MIB, kept=16 * MIB, peak=32 * MIB)
    assert kind(slow, COMPILED) == "lost fusion"


def test_operators_on_little_data_cost_their_time_in_the_trace():
    slow, fast, _ = KNOWN["dispatches"]
    rows = (Operator("aten::sum", 499, 9e-3), Operator("aten::mul", 1, 1e-3))
    traced = dataclasses.replace(slow, seconds=9e-3, rows=rows, traced=10e-3)
    assert kind(traced, fast) == "dispatches"
    assert kind(dataclasses.replace(traced, moved=500 * 2**15), fast) == "unexplained"  # they do move data


def test_the_instructions_that_go_with_calls_are_no_loop():
    slow, fast, _ = KNOWN["sync"]
    slow = dataclasses.replace(slow, seconds=1.2e-3)
    dear = dataclasses.replace(PRICES, sync=2e-7, instruction=1e-7)  # the instructions cost more than the fetching
    assert kind(dataclasses.replace(slow, instructions=3000), fast, dear) == "sync"
    assert kind(dataclasses.replace(slow, seconds=4e-3, instructions=100_000), fast) == "python loop"


@pytest.mark.parametrize("reason", KNOWN)
def test_without_its_evidence_nothing_is_guessed(reason: str):
    slow, fast, fields = KNOWN[reason]
    for side in ("slow", "fast"):
        for field in fields:
            sides = {"slow": slow, "fast": fast}
            sides[side] = dataclasses.replace(sides[side], **{field: None})
            assert kind(sides["slow"], sides["fast"]) in ("unexplained", *consequences(reason)), (side, field)


def consequences(reason: str) -> tuple[str, ...]:
    """What is truly there as well, and so may be named when the reason itself cannot be seen."""
    return {"temporary": ("page faults",), "copy": ("temporary",), "lost fusion": ("temporary",)}.get(reason, ())


@pytest.mark.parametrize("reason", KNOWN)
def test_evidence_of_the_wrong_side_explains_nothing(reason: str):
    slow, fast, _ = KNOWN[reason]
    turned = dataclasses.replace(fast, seconds=slow.seconds), dataclasses.replace(slow, seconds=fast.seconds)
    assert kind(*turned) == "unexplained"


@pytest.mark.parametrize("reason", KNOWN)
def test_the_same_evidence_on_both_sides_explains_nothing(reason: str):
    slow, fast, _ = KNOWN[reason]
    same = dataclasses.replace(slow, seconds=fast.seconds, wall=fast.wall, cpu=fast.cpu)
    if reason != "threads":
        same = dataclasses.replace(slow, seconds=fast.seconds)
    assert kind(dataclasses.replace(same, seconds=2 * fast.seconds), same) == "unexplained"


@pytest.mark.parametrize("reason", [one for one in KNOWN if one not in ("strided read", "denormals", "upcast", "copy")])
def test_a_cost_far_below_the_difference_does_not_explain_it(reason: str):
    slow, fast, _ = KNOWN[reason]
    if reason in ("threads", "waiting"):  # shares of the time: they grow with it
        return
    assert kind(dataclasses.replace(slow, seconds=100 * slow.seconds), fast) == "unexplained"


@pytest.mark.parametrize("reason", ("dispatches", "page faults", "python loop", "temporary", "traffic", "sync"))
def test_a_cost_far_beyond_the_difference_contradicts_it(reason: str):
    slow, fast, _ = KNOWN[reason]
    told = dataclasses.replace(slow, seconds=1.01 * fast.seconds)
    found = explain(Pair(fast, told, "fast", "slow", PRICES), Estimate(1.01, 1.005, 1.02, 0.97, 6))
    assert found.kind == "unexplained"
    assert "does not fit" in found.text
    assert reason in [one.reason.kind for one in found.judged if one.role == "contradicts"]


@pytest.mark.parametrize("reason", ("dispatches", "page faults", "python loop", "traffic"))
def test_without_prices_nothing_is_named(reason: str):
    slow, fast, _ = KNOWN[reason]
    assert kind(slow, fast, Prices()) == "unexplained"


def test_a_falsified_count_is_not_believed():
    slow, fast, _ = KNOWN["page faults"]
    assert kind(dataclasses.replace(slow, operators=500_000), fast) == "page faults"  # 500,000 operators take a second
    assert kind(dataclasses.replace(slow, faults=16384e3), fast) == "unexplained"


def test_nothing_is_known_and_nothing_is_said():
    found = explain(Pair(Evidence(1.0), Evidence(2.0), "a", "b", PRICES), Estimate(2.0, 1.9, 2.1, 0.97, 6))
    assert found.kind == "unexplained"
    assert "no evidence could be taken" in found.text
    assert found.judged == ()


def test_consequences_of_the_reason_are_not_named_again():
    slow, fast, _ = KNOWN["temporary"]
    found = explain(Pair(fast, slow, "fast", "slow", PRICES), Estimate(21.0, 20.0, 22.0, 0.97, 6))
    assert [(one.reason.kind, one.role) for one in found.judged] == [
        ("temporary", "reason"),
        ("page faults", "covered"),
    ]
    assert "also" not in found.text


def test_no_difference_needs_no_reason():
    slow, fast, _ = KNOWN["dispatches"]
    found = explain(Pair(fast, slow, "fast", "slow", PRICES), Estimate(1.02, 0.97, 1.05, 0.97, 6))
    assert found.kind == "no difference"
    assert "contains 1" in found.text


def test_the_sentence_has_the_figures_and_the_share():
    slow, fast, _ = KNOWN["dispatches"]
    found = explain(Pair(fast, slow, "one", "many", PRICES), Estimate(2.0, 1.9, 2.1, 0.97, 6))
    told = "many takes 2 times as long as one (1.9 to 2.1). The reason: it dispatches 500 operators, one 2, which"
    assert found.text == f"{told} accounts for about 100 % of the difference."


def test_a_part_is_called_a_part():
    slow, fast, _ = KNOWN["dispatches"]
    found = explain(
        Pair(fast, dataclasses.replace(slow, seconds=4e-3), "one", "many", PRICES), Estimate(4.0, 3.9, 4.1, 0.97, 6)
    )
    assert found.kind == "dispatches"
    assert "A part of the reason" in found.text
    assert "the rest is unexplained" in found.text


def test_every_rule_has_a_case():
    assert set(RULES) == set(KNOWN)


def test_the_pieces_of_a_lost_fusion_are_priced_by_the_memory_that_they_need_together():
    """One result would fit into a cache, but all that is held at once does not."""
    slow = dataclasses.replace(COMPILED, seconds=6e-3, graphs=4, breaks=3, kernels=4, kept=8 * MIB, peak=32 * MIB)
    fast = dataclasses.replace(COMPILED, kept=8 * MIB, peak=8 * MIB)
    found = rules.lost_fusion(Pair(fast, slow, "fast", "slow", PRICES))
    assert found is not None and found.seconds == pytest.approx(3 * 16 * MIB / 1e10)
