"""Stacks of two processes in one form, and the drawing of their difference."""

from __future__ import annotations

import pytest

from perfsuite.explaining import flame, stacks
from perfsuite.explaining.watching import counting

WATCHING = "perfsuite/explaining/watching"
OUTER = f"<module> (worker.py:10);serve (perfsuite/workers/serving.py:88);_burst ({WATCHING}/sampling.py:71)"
CALL = f"{OUTER};warm.<locals>.call (perfsuite/explaining/watching/passes.py:40)"
FOLDED = f"""\
{CALL};fused (impls_one/att.py:12);at::sum<int, float>(long) (libtorch_cpu.so) 30
{CALL};fused (impls_one/att.py:13);helper (/home/user/mylib/deep.py:3) 10
<module> (worker.py:10);_calls (perfsuite/explaining/watching/sampling.py:60);poll (subprocess.py:1) 5
"""


def test_frames_above_the_cell_and_addresses_are_left_out():
    found = stacks.parsed(FOLDED, "fused", 4e-3)
    assert found == {
        (stacks.VARIANT, "at::sum (libtorch_cpu.so)".removesuffix(" (libtorch_cpu.so)")): pytest.approx(3e-3),
        (stacks.VARIANT, "helper (mylib/deep.py)"): pytest.approx(1e-3),
    }


def test_frames_of_a_trace_have_the_same_form():
    text = "/mount/perfsuite/tasks/passes.py(9): <lambda>;/mount/impls_one/att.py(12): fused;aten::sum 7\n"
    assert list(stacks.parsed(text, "fused", 1.0)) == [(stacks.VARIANT, "aten::sum")]


def test_templates_and_parameters_are_dropped():
    name = "void at::native::(anonymous namespace)::loop<at::add<float>(int), true>(char**, long)"
    assert stacks.bare(name) == "void at::native::{anonymous}::loop"


def test_self_time_and_time_with_callees():
    found = stacks.by_frame({("a", "b"): 1.0, ("a",): 2.0, ("a", "b", "a"): 4.0})
    assert found == {"a": (6.0, 7.0), "b": (1.0, 5.0)}


A = {("f", "g"): 1.0, ("f", "old"): 1.0}
B = {("f", "g"): 3.0, ("f", "new"): 1.0}


def test_boxes_have_the_widths_of_one_side_and_the_times_of_both():
    found = {box.name: box for box in flame.boxes(B, A)}
    assert (found["f"].left, found["f"].width, found["f"].here, found["f"].other) == (0.0, 1.0, 4.0, 2.0)
    assert (found["g"].width, found["g"].here, found["g"].other) == (0.75, 3.0, 1.0)
    assert (found["new"].width, found["new"].other) == (0.25, 0.0)
    assert "old" not in found
    assert flame.gone(B, A) == [("old", 1.0)]


def test_children_lie_within_their_parents_and_beside_each_other():
    made = {("f", name, *("deep",) * depth): 1.0 for depth, name in enumerate("abcdef")}
    boxes = flame.boxes(made, {})
    for box in boxes:
        inner = [
            one for one in boxes if one.depth == box.depth + 1 and box.left - 1e-9 <= one.left < box.left + box.width
        ]
        assert sum(one.width for one in inner) <= box.width + 1e-9
        assert all(one.left + one.width <= box.left + box.width + 1e-9 for one in inner)


@pytest.mark.parametrize(
    ("here", "other", "tone"),
    [(4.0, 0.0, "more4"), (1.0, 0.5, "more1"), (0.0, 4.0, "less4"), (1.0, 1.01, "same"), (1.0, 1.0, "same")],
)
def test_tones(here: float, other: float, tone: str):
    assert flame.Box("x", 0, 0, 1, here, other).tone(largest=4.0, whole=4.0) == tone


CALLGRIND = """\
version: 1
events: Ir
fl=(1) a.c
fn=(1) main
10 100
cfn=(2) inner
calls=3 20
11 900
fn=(2)
20 300
+1 600
fn=(3) other
* 7

totals: 1007
"""


def test_instructions_by_function_leave_out_what_callees_cost():
    assert counting.parsed(CALLGRIND) == {"main": 100, "inner": 900, "other": 7}
    assert counting.parsed(CALLGRIND, 10) == {"main": 10, "inner": 90, "other": 1}
