"""Measuring from Python: what comes back, what is refused, what a notebook shows."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import perfsuite
from perfsuite.model.estimates import Estimate
from perfsuite.runners import api
from perfsuite.runners.results import Compared, Measured

ESTIMATE = Estimate(1e-3, 0.9e-3, 1.1e-3, 0.97, 6)
TWICE = Estimate(2.0, 1.9, 2.1, 0.97, 6)


def measured(name: str, status: str = "ok", ratio: Estimate = TWICE) -> Measured:
    fine = status == "ok"
    return Measured(name, status, "" if fine else "a <b> reason", ESTIMATE if fine else None, ratio, ((1e-3,),))


def test_a_result_is_a_mapping_with_a_ratio_and_a_table():
    compared = Compared((measured("one"), measured("two")))
    assert list(compared) == ["one", "two"] and len(compared) == 2 and compared.ratio is TWICE
    assert str(compared["one"]) == "one: 1.00 ms (900 µs to 1.10 ms)"
    page = compared._repr_html_()
    assert page.count("<tr>") == 3 and "<td>2</td>" in page


def test_what_failed_is_told_and_has_no_ratio():
    compared = Compared((measured("one"), measured("two", "wrong")))
    assert str(compared["two"]) == "two: wrong: a <b> reason"
    assert "a &lt;b&gt; reason" in compared._repr_html_()
    with pytest.raises(ValueError, match="two: wrong: a <b> reason"):
        _ = compared.ratio


def test_functions_of_a_notebook_are_measured_beside_wrong_ones():
    factor = 3.0
    found = perfsuite.compare(
        {"closure": lambda x: x * factor, "wrong": lambda x: x * 2, "fails": lambda x: x.nothing},
        [torch.randn(1000)],
        launches=1,
        budget=0.01,
    )
    assert [one.status for one in found.functions] == ["ok", "wrong", "error"]
    assert found["closure"].seconds is not None and 0 < found["closure"].seconds.value < 0.1
    assert "outside the tolerance" in found["wrong"].reason and "nothing" in found["fails"].reason


def test_an_executor_that_does_not_exist_is_told_in_one_line():
    with pytest.raises(ValueError, match=r"^no executor 'turbo': use one of eager, compile"):
        perfsuite.measure(torch.sin, torch.randn(3), launches=1, executor="turbo")


def test_what_cannot_be_sent_to_a_worker_is_named():
    class Stubborn:
        def __reduce__(self):
            raise TypeError("it is attached to this process")

    with pytest.raises(ValueError, match="input number 1 cannot be sent to a worker: it is attached to this process; "):
        api._pickled({"functions": {"f": abs}, "inputs": (1, Stubborn()), "reference": None})


def test_the_package_loads_neither_torch_nor_what_measures():
    heavy = ("torch", "numpy", "pandas", "perfsuite.runners")
    code = f"import sys, perfsuite; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
