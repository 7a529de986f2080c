"""Wrong variants: what the gate must reject for every component and case. Each takes a right variant and spoils it.

They are the first of the attackers that ``python -m benchmarks fakes`` drives through the real passes.
"""

from __future__ import annotations

from collections.abc import Callable

from perfsuite.validation.fakes.attackers import memory, tiring, values
from perfsuite.validation.fakes.attackers.common import Variant, whole

__all__ = ["KINDS", "Variant", "warm", "whole"]

warm = tiring.tires

KINDS: dict[str, Callable[[Variant], Variant]] = {
    "zeros": values.zeros,
    "constant": values.constant,
    "copy of an input": values.copy_of_an_input,
    "off by one": values.off_by_one,
    "one element wrong": values.one_element_wrong,
    "nan": values.nan,
    "wrong dtype": values.wrong_dtype,
    "wrong shape": values.wrong_shape,
    "input mutated": values.input_mutated,
    "cached output": memory.cached_output,
    "bf16 arithmetic": values.bf16_arithmetic,
}
