"""What a decorated function becomes, and what is said of one that does not fit."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from perfsuite import component, needs, prepared
from perfsuite.model.component import Component


def slow(x: torch.Tensor) -> torch.Tensor:
    return x + x


def fast(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


def test_inputs_and_variants_are_all_that_is_needed():
    @component(variants=[slow, fast])
    def doubled(case, generator):
        """Which is faster?

        More text.
        """
        return torch.randn(3, generator=generator)

    assert isinstance(doubled, Component)
    assert doubled.question == "Which is faster?" and doubled.title == "doubled" and doubled.baseline == "slow"
    assert dict(doubled.variants) == {"slow": f"{__name__}:slow", "fast": f"{__name__}:fast"}
    assert [case.name for case in doubled.cases] == ["default"] and doubled.executors["fast"] == ("eager",)
    assert set(doubled.defaults) == {"reference", "tolerance", "flops", "bytes"}
    (x,) = doubled.inputs(doubled.cases[0], torch.Generator().manual_seed(0))
    assert x.shape == (3,)


def test_a_case_has_its_values_as_attributes_and_fields_of_its_own():
    @component(variants=[slow], cases={"b2": {"b": 2, "memory": 5, "threads": ("all",)}})
    def made(case, generator):
        return torch.zeros(case.b)

    (case,) = made.cases
    assert case.b == 2 and case.memory == 5 and case.threads == ("all",) and dict(case.shape) == {"b": 2}
    assert made.inputs(case, None)[0].shape == (2,)
    with pytest.raises(AttributeError, match="this case has no 'c'; it has b"):
        _ = case.c


def test_how_variants_are_found_again():
    class Holder:
        @staticmethod
        def method(x):
            return x

    @component(
        variants={"text": "mylib.attention:Block.fused", "local": lambda x: x, "torch": torch.nn.functional.gelu}
    )
    def found(case, generator):
        return torch.zeros(1)

    assert found.variants["text"] == "mylib.attention:Block.fused"
    assert found.variants["local"] == f"{__name__}:found#local" and callable(found.made["local"])
    assert found.variants["torch"].startswith("torch") or "#" in found.variants["torch"]


def test_classes_of_modules_are_called_forward_unless_another_mode_is_given():
    @component(variants={"linear": lambda: torch.nn.Linear(2, 2), "identity": torch.nn.Identity})
    def forward(case, generator):
        return torch.zeros(1, 2)

    @component(variants={"linear": "mylib:Linear"}, mode="step")
    def step(case, generator):
        return torch.zeros(1, 2)

    assert forward.mode == "forward" and step.mode == "step" and step.call is not None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"variants": []}, r"has no variants: variants=\[mylib.slow, mylib.fast\] names what is compared"),
        ({"variants": "mylib:slow"}, "has no variants"),
        ({"variants": [slow, slow]}, r"has two variants named 'slow': variants=\{"),
        ({"variants": {"a/b": slow}}, "variant 'a/b' needs another name"),
        ({"variants": {"a": 3}}, "variant 'a' is 3; it must be callable"),
        ({"variants": ["mylib.slow"]}, 'it must be callable, or "package.module:name"'),
        ({"variants": [lambda x: x]}, "variant '<lambda>' needs another name"),
        ({"variants": [slow], "cases": {}}, "has no cases"),
        ({"variants": [slow], "cases": {"a b": {}}}, "case 'a b': a name has letters"),
        ({"variants": [slow], "cases": {"a": {"name": 1}}}, "'name' is the name of something else"),
        ({"variants": [slow], "cases": [1]}, "cases must be a mapping"),
        ({"variants": [slow], "mode": "sideways"}, "mode='sideways' is none of forward, backward, step"),
        ({"variants": [slow], "executors": "compile"}, "it must be a sequence"),
        ({"variants": [slow], "executors": {"fast": ["eager"]}}, "executors names 'fast', which is no variant"),
        ({"variants": [slow], "executors": ["turbo"]}, "no executor 'turbo': use one of eager, compile"),
        ({"variants": [slow], "baseline": "fast"}, "baseline names 'fast', which is no variant; there are slow"),
        ({"variants": [slow], "colour": 1}, "has no 'colour'"),
    ],
)
def test_what_does_not_fit_is_told_with_the_file_and_the_remedy(told: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says) as raised:

        @component(**told)
        def bad(case, generator):
            return torch.zeros(1)

    assert "test_declaration.py" in str(raised.value) and "component 'bad'" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_marks_are_attributes():
    @needs("numba", "cuda")
    @prepared
    def marked(x):
        return lambda: x

    assert marked.__needs__ == ("numba", "cuda") and marked.__prepared__ is True
