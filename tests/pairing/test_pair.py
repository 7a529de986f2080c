"""What becomes of the times of two arms: drifts cancel, coins turn the sign, a slowdown that is put in comes out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import pytest

from perfsuite.judging.record import Options
from perfsuite.measuring.timing import Batch
from perfsuite.model.cell import Cell
from perfsuite.pairing import pair
from perfsuite.pairing.sequential import trimmed
from perfsuite.pairing.workers import Workers
from perfsuite.workers.process import Verdict

ORDERS = Options(cells=(), selection="", command="").orders


def silent(what: str) -> None:
    """Tell nobody."""


ONCE = {"A": pair._Batch(1, 1), "B": pair._Batch(1, 1)}


def arm(times: Iterator[float]) -> pair.Turn:
    """An arm whose batches take ``times`` seconds per call, whatever the number of calls."""
    return lambda calls, judged=False: Batch(next(times))


def constant(seconds: float) -> pair.Turn:
    return lambda calls, judged=False: Batch(seconds)


def test_a_block_is_the_log_ratio_of_head_over_base():
    difference, base = pair._block({"A": constant(1e-6), "B": constant(1.1e-6)}, ONCE, "ABBA", silent)
    assert difference == pytest.approx(math.log(1.1)) and base == pytest.approx(1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_a_steady_drift_cancels_in_a_block(order: str):
    times = iter([1.00, 1.01, 1.02, 1.03])
    shared = arm(math.exp(time) for time in times)
    difference, _ = pair._block({"A": shared, "B": shared}, ONCE, order, silent)
    assert difference == pytest.approx(0.0, abs=1e-12)


def test_another_order_turns_the_sign_of_what_only_the_slots_have():
    found = []
    for order in ORDERS:
        shared = arm(iter([1.0, 2.0, 2.0, 1.0]))
        found.append(pair._block({"A": shared, "B": shared}, ONCE, order, silent)[0])
    assert found[0] == -found[1] == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("scale", "usual", "seconds"), [(0.1, 1, 1e-5), (0.05, 7, 1e-5), (0.03, 100, 1e-6), (-0.1, 3, 1e-5)]
)
def test_a_slowdown_is_put_in_by_whole_calls(scale: float, usual: int, seconds: float):
    base, head = pair._batches(usual, seconds, scale)
    assert base.calls == base.counted == head.counted >= max(usual, 1 / abs(scale)) and head.calls != base.calls
    both = {"A": constant(seconds), "B": constant(seconds)}
    difference, found = pair._block(both, {"A": base, "B": head}, "BAAB", silent)
    assert difference == pytest.approx(math.log(head.calls / head.counted)) and found == pytest.approx(seconds)
    assert math.exp(difference) - 1 == pytest.approx(scale, rel=0.2)


def test_where_calls_are_long_it_is_put_in_by_the_count():
    base, head = pair._batches(1, 3e-3, 0.03)
    assert (base.calls, base.counted, head.calls) == (1, 1, 1) and head.counted == pytest.approx(1 / 1.03)
    both = {"A": constant(3e-3), "B": constant(3e-3)}
    assert pair._block(both, {"A": base, "B": head}, "ABBA", silent)[0] == pytest.approx(math.log(1.03))


def test_without_a_slowdown_both_arms_call_equally_often():
    base, head = pair._batches(13, 1e-5, 0.0)
    assert base == head == pair._Batch(13, 13)


def test_flipping_all_coins_negates_x():
    blocks = [0.3, -0.1, 0.02, 0.5, -0.2, 0.05, 0.0]
    assert trimmed(-block for block in blocks) == pytest.approx(-trimmed(blocks))


def test_of_a_judged_block_the_first_batch_of_each_arm_is_judged():
    asked: list[tuple[str, bool]] = []

    def told(name: str) -> pair.Turn:
        return lambda calls, judged=False: asked.append((name, judged)) or Batch(1.0)  # type: ignore[func-returns-value]

    arms = {"A": told("A"), "B": told("B")}
    pair._block(arms, ONCE, "ABBA", silent, judged=True)
    assert asked == [("A", True), ("B", True), ("B", False), ("A", False)]
    asked.clear()
    pair._block(arms, ONCE, "BAAB", silent)
    assert not any(judged for _, judged in asked)


def test_in_one_block_of_a_comparison_both_arms_are_judged_and_contents_change_now_and_then():
    judged: list[str] = []
    filled: list[int] = []
    cold: set[str] = set()  # arms that have not been called since the contents changed

    def fill(at: int) -> None:
        filled.append(at)
        cold.update("AB")

    def ready(name: str) -> pair.Turn:
        """Both take as long, but HEAD takes longer while it is judged, and on new contents."""

        def turn(calls: int, look: bool = False) -> Batch:
            longer = name == "B" and (look or name in cold)
            cold.discard(name)
            judged.extend([name] * look)
            return Batch(1e-3 if longer else 1e-4)

        return turn

    cell = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")
    plan = pair.Plan(("a", "b"), seed=3, seeds=[5, 6], target=1e-3, budget=0.05, orders=ORDERS)
    found = pair.compare(cell, plan, ready, contextlib.nullcontext, silent, fill)
    assert sorted(judged) == ["A", "B"]
    assert len(filled) == -(-(len(found["blocks"]) + 1) // pair.FILLED) > 2 and set(filled) == {0, 1}
    assert set(found["blocks"]) == {0.0}, "what is disturbed does not count"


@pytest.mark.parametrize(
    ("verdicts", "status"), [(["", ""], "ok"), ([""], "error"), (["", "all zeros"], "wrong")], ids=str
)
def test_an_epoch_is_believed_only_with_the_referees_verdict_on_both_sides(verdicts: list[str], status: str):
    given = [Verdict("a cell", wrong) for wrong in verdicts]

    class Process:
        def ask(self, do: str, **job: object) -> dict[str, str]:
            return {"status": "ok", "reason": ""}

        def verdicts(self) -> list[Verdict]:
            return given

    process: Any = Process()
    plan = pair.Plan(("a", "b"), seed=3, seeds=[5, 6], target=1e-3, budget=0.05, orders=ORDERS)
    assert Workers(process, process).compare("a cell", plan)["status"] == status
