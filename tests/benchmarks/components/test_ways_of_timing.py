"""The family timing: clocks, cold starts, looks at the loss, profilers, checks, seeds, and what each of them hides."""

from __future__ import annotations

import importlib
import operator
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from variants import some

from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("timing.")]
STARTS = {"compiled", "compiled_again", "imported", "served"}  # processes that import torch: seconds


def module(component: str):
    return importlib.import_module(f"impls.{component}")


def variants(*names: str) -> list:
    return [
        pytest.param(
            *(name, variant.name),
            id=f"{name}-{variant.name}",
            marks=[pytest.mark.long if "compiled" in variant.name else pytest.mark.slow]
            if name == "timing.cold_start" and variant.name in STARTS
            else [],
        )
        for name in names
        for variant in catalogue.variants(name)
        if "cuda" not in variant.needs
    ]


def prepared(component: str, variant: str, inputs: tuple[Any, ...]) -> preparing.Prepared:
    """The variant ready to be called; skips the test where it needs what is not here."""
    function = getattr(module(component), variant)
    if reason := preparing.missing(getattr(function, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    return preparing.prepare(function, "eager", inputs)


def inputs_of(name: str, shape: dict[str, Any], seed: int = 0) -> tuple[Any, ...]:
    return gate.truth(catalogue.component(name), Case("other", shape), seed).inputs


SHAPES: dict[str, list[dict[str, Any]]] = {
    "timing.clocks": [{"m": 2, "k": 3, "n": 4, "calls": 7}],
    "timing.cold_start": [{"m": 2, "k": 3, "n": 4}],
    "timing.synchronising": [
        {"steps": 1, "batch": 2, "features": 3, "classes": 2},
        {"steps": 19, "batch": 5, "features": 3, "classes": 4},
    ],
    "timing.profilers": [{"steps": 2, "batch": 3}, {"steps": 11, "batch": 2}],
    "timing.checks": [{"pairs": 2, "n": 1}, {"pairs": 9, "n": 33}],
    "timing.seeding": [{"n": 1}, {"n": 1000}],
}


@pytest.mark.parametrize(("component", "variant"), variants(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES[component]:
        truths = [gate.truth(problem, Case("other", shape), seed) for seed in range(3)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        call = prepared(component, variant, inputs)
        try:
            gate.prove(call, inputs, truths)
        finally:
            call.close()


# -- clocks: TM-01 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("component", "variant"), variants("timing.clocks"))
def test_each_clock_times_as_many_calls_as_it_was_told(component: str, variant: str, monkeypatch: pytest.MonkeyPatch):
    made = 0

    def counting(*args, **options):
        nonlocal made
        made += 1
        return product(*args, **options)

    product = torch.mm
    monkeypatch.setattr(torch, "mm", counting)
    prepared(component, variant, inputs_of(component, {"m": 2, "k": 3, "n": 4, "calls": 50}))()
    assert made == 50 + 2 * (variant == "torch_timer")


@pytest.mark.parametrize(("component", "variant"), variants("timing.clocks"))
def test_only_the_bare_calls_read_no_clock(component: str, variant: str):
    _, seconds = prepared(component, variant, inputs_of(component, {"m": 2, "k": 3, "n": 4, "calls": 50}))()
    assert (seconds is None) == (variant == "bare")
    if seconds is not None:
        assert isinstance(seconds, float) and 0 < seconds < 60


def test_a_clock_between_two_looks_at_another_shows_less_than_that_one():
    """Of one work all agree, to within the looks themselves; a thread's own time is never more than passed."""
    work = torch.randn(300, 300)
    outer = time.perf_counter()
    inner, alone = time.monotonic(), time.thread_time()
    for _ in range(20):
        work @ work
    alone, inner = time.thread_time() - alone, time.monotonic() - inner
    outer = time.perf_counter() - outer
    assert 0 < alone <= inner * 1.001 + 1e-3 and inner <= outer * 1.001 + 1e-3


def test_a_clock_that_may_be_set_says_so():
    assert time.get_clock_info("time").adjustable and not time.get_clock_info("time").monotonic
    for name in ("perf_counter", "monotonic", "thread_time"):
        assert time.get_clock_info(name).monotonic, name


@pytest.mark.parametrize("seconds", [0.0, -1e-6, float("nan"), 1e4])
def test_seconds_that_cannot_be_are_wrong(seconds: float):
    truth = gate.truth(*some("timing.clocks", "100-of-5x784x10"), 0)
    product = truth.inputs[0] @ truth.inputs[1]
    gate.match((product, 1e-3), truth)
    with pytest.raises(gate.Wrong):
        gate.match((product, seconds), truth)


# -- cold starts: TM-02 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("component", "variant"), variants("timing.cold_start"))
def test_the_first_answer_is_the_known_product(component: str, variant: str):
    a, b = torch.arange(6.0).view(2, 3), torch.arange(12.0).view(3, 4)
    call = prepared(component, variant, (a, b))
    try:
        assert call().tolist() == [[20, 23, 26, 29], [56, 68, 80, 92]]
    finally:
        call.close()


def test_a_process_that_fails_is_no_answer():
    start = module("timing.cold_start")
    with pytest.raises(subprocess.CalledProcessError):
        start._answer("raise SystemExit(3)", torch.ones(2, 3), torch.ones(3, 4))


def test_only_what_is_named_is_imported():
    """The programs for lists and numpy start without torch."""
    start = module("timing.cold_start")
    for program, heavy in ((start.LISTS, {"numpy", "torch"}), (start.NUMPY, {"torch"})):
        seen = program + "\nsys.stdout.buffer.write(' '.join(sys.modules).encode())"
        command = [sys.executable, "-P", "-c", seen, "1", "1", "1"]
        done = subprocess.run(command, input=bytes(8), stdout=subprocess.PIPE, check=True)
        assert not heavy & set(done.stdout[4:].decode().split())


@pytest.mark.slow
def test_the_waiting_process_ends_with_its_variant():
    served = module("timing.cold_start").served(torch.ones(2, 3), torch.ones(3, 4))
    assert served._process.poll() is None
    served.close()
    assert served._process.poll() == 0


# -- looks at the loss: TM-03 ------------------------------------------------------------------------------------------


class Looks(TorchDispatchMode):
    """How often a single number is fetched from a tensor."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(("component", "variant"), variants("timing.synchronising"))
def test_who_looks_in_each_step_and_that_all_see_the_same(component: str, variant: str):
    inputs = inputs_of(component, {"steps": 19, "batch": 5, "features": 3, "classes": 4})
    with Looks() as looks:
        weights, losses = prepared(component, variant, inputs)()
    assert looks.count == (19 if variant == "item_each" else 0)
    same_weights, same_losses = module(component).item_each(*inputs)
    assert torch.equal(weights, same_weights) and losses == same_losses and len(losses) == 19
    assert all(type(loss) is float for loss in losses)


# -- profilers: TM-04 --------------------------------------------------------------------------------------------------

SMALL = {"steps": 11, "batch": 2}


@pytest.mark.parametrize(("component", "variant"), variants("timing.profilers"))
def test_who_is_watched_computes_the_same_and_is_left_alone_afterwards(component: str, variant: str):
    inputs = inputs_of(component, SMALL)
    before = sys.gettrace(), sys.getprofile(), tracemalloc.is_tracing(), threading.active_count()
    watched, bare = prepared(component, variant, inputs)(), module(component).bare(*inputs)
    assert all(torch.equal(a, b) for a, b in zip(watched, bare, strict=True))
    assert before == (sys.gettrace(), sys.getprofile(), tracemalloc.is_tracing(), threading.active_count())
    assert not torch.autograd._profiler_enabled()


@pytest.mark.parametrize(("component", "variant"), variants("timing.profilers"))
def test_two_profilers_of_torch_do_not_run_at_once(component: str, variant: str):
    """The inner one would take the outer one's events, and its memory would read as none."""
    call = prepared(component, variant, inputs_of(component, {"steps": 1, "batch": 1}))
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        if variant.startswith("torch_"):
            with pytest.raises(RuntimeError, match="another profiler is running"):
                call()
        else:
            call()
        torch.zeros(1)
    assert "aten::zeros" in {row.key for row in seen.key_averages()}


def test_the_operators_times_add_up_to_no_more_than_the_time_passed():
    component = module("timing.profilers")
    inputs = inputs_of("timing.profilers", SMALL)
    start = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        component._trained(*inputs)
    passed = time.perf_counter() - start
    table = seen.key_averages()
    assert 0 < sum(row.self_cpu_time_total for row in table) * 1e-6 <= passed
    count = {row.key: row.count for row in table}
    assert count["aten::linear"] == 2 * SMALL["steps"] and count["aten::tanh"] == SMALL["steps"]


def test_the_profilers_see_the_steps(monkeypatch: pytest.MonkeyPatch):
    """Each of those whose findings Python holds has found something."""
    component, inputs = module("timing.profilers"), inputs_of("timing.profilers", SMALL)
    found: dict[str, Any] = {}

    def spying(name: str, kind: type, see: Callable[[Any], Any]) -> type:
        class Spy(kind):
            def __init__(self, *args, **options):
                super().__init__(*args, **options)
                found[name] = lambda: see(self)

        return Spy

    monkeypatch.setattr(component, "Counter", spying("lines", component.Counter, lambda seen: sum(seen.values())))
    flops = spying("flop_counter", component.FlopCounterMode, lambda seen: seen.get_total_flops())
    monkeypatch.setattr(component, "FlopCounterMode", flops)
    calls = spying("functions", component.pstats.Stats, lambda seen: seen.total_calls)
    monkeypatch.setattr(component.pstats, "Stats", calls)
    monkeypatch.setattr(component, "profile", spying("torch", component.profile, lambda seen: len(seen.events())))
    for name, watch, at_least in (
        ("lines", component.lines, 3 * SMALL["steps"]),
        ("functions", component.functions, 3 * SMALL["steps"]),
        ("torch", component.torch_profiler, 20 * SMALL["steps"]),
        ("torch", component.torch_stacks, 20 * SMALL["steps"]),
        ("torch", component.torch_schedule, 20),
    ):
        watch(*inputs)
        assert found[name]() >= at_least, watch.__name__
    assert found["torch"]() < 20 * SMALL["steps"]  # the schedule saw one step
    component.flop_counter(*inputs)
    work = catalogue.component("timing.profilers").flops(Case("other", SMALL))
    assert found["flop_counter"]() == work


# -- checks: TM-05 -----------------------------------------------------------------------------------------------------

PAIRS = {
    "equal": (1.0, 1.0),
    "one rounding off": (1.0, 1 + 2.0**-23),
    "a ten-thousandth off": (1.0001, 1.0),
    "a hundredth off": (1.01, 1.0),
    "a millionth beside 0": (1e-6, 0.0),
    "the other zero": (-0.0, 0.0),
    "nan and nan": (float("nan"), float("nan")),
}
LENIENT = {"equal", "one rounding off", "a ten-thousandth off", "a millionth beside 0", "the other zero"}
PASSES = {
    "assert_close": LENIENT,
    "numpy": LENIENT,
    "near": LENIENT,
    "allclose": LENIENT,
    "together": LENIENT,
    "bound": {"equal", "one rounding off", "the other zero"},
    "ulps": {"equal", "one rounding off", "nan and nan"},  # of zeros of two signs it makes the ends of a scale
    "eq": {"equal", "the other zero"},
    "equal": {"equal", "the other zero"},
    "bitwise": {"equal", "nan and nan"},
}


@pytest.mark.parametrize(("component", "variant"), variants("timing.checks"))
def test_what_each_check_lets_through(component: str, variant: str):
    got, wanted = torch.tensor(list(PAIRS.values())).unbind(1)
    passes = prepared(component, variant, (got.unsqueeze(1), wanted.unsqueeze(1)))()
    assert {name for name, passed in zip(PAIRS, passes.tolist(), strict=True) if passed} == PASSES[variant]


def test_a_result_compared_with_itself_passes_whatever_it_is():
    """The lesson keeps the result under test as the one to test against; one reference, computed apart, finds it."""
    truth = gate.truth(*some("matmul.ladder", "5x784x10"), 0)

    def wrong(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.zeros(a.shape[0], b.shape[1])

    t1 = wrong(*truth.inputs)
    assert torch.allclose(t1, wrong(*truth.inputs), rtol=1e-3, atol=1e-5)
    with pytest.raises(gate.Wrong):
        gate.match(t1, truth)


def test_what_the_lessons_near_accepts_is_wrong_for_the_gate():
    """A product of inputs that were cut to ten bits is within a thousandth of most numbers, and no float32 product."""
    truth = gate.truth(*some("matmul.ladder", "8"), 0)
    off = truth.expected.float() * (1 + 5e-4)
    assert torch.allclose(off, truth.expected.float(), rtol=1e-3, atol=1e-5)
    with pytest.raises(gate.Wrong):
        gate.match(off, truth)


def test_near_zero_says_nothing_of_small_numbers():
    small = torch.full((5,), 1e-4)
    assert (small - torch.zeros(5)).abs().max() < 1e-3  # test_near_zero(tol=1e-3): all of it may be error
    assert not torch.allclose(small, 2 * small, rtol=1e-3, atol=0)


def test_equality_of_tensors_is_no_truth_value():
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(operator.eq(torch.zeros(2), torch.zeros(2)))


def test_the_same_product_twice_is_equal_in_every_bit():
    a, b = torch.randn(5, 784), torch.randn(784, 10)
    assert module("timing.checks").bitwise((a @ b)[None], (a @ b)[None]).all()


def test_half_of_the_pairs_are_wrong_and_other_ones_with_another_seed():
    component, case = some("timing.checks", "8x50")
    answers = [gate.truth(component, case, seed).expected for seed in range(3)]
    assert all(answer.sum() == 4 for answer in answers)
    assert not answers[0].equal(answers[1]) or not answers[0].equal(answers[2])


# -- seeds: TM-06 ------------------------------------------------------------------------------------------------------

GLOBAL = {"manual_seed", "default_generator"}  # what others draw afterwards depends on them


@pytest.mark.parametrize(("component", "variant"), variants("timing.seeding"))
def test_the_same_seed_gives_the_same_bits_and_who_touches_the_common_generator(component: str, variant: str):
    kept = torch.get_rng_state()
    try:
        call = prepared(component, variant, (torch.tensor(7), 100))
        first = call().clone()
        torch.rand(13)
        before = torch.get_rng_state()
        assert torch.equal(call(), first)
        assert (not torch.equal(torch.get_rng_state(), before)) == (variant in GLOBAL)
    finally:
        torch.set_rng_state(kept)


def drawn(n: int, seed: int = 7, draw: Callable[..., torch.Tensor] = torch.rand) -> torch.Tensor:
    return draw(n, generator=torch.Generator().manual_seed(seed))


def test_how_far_the_same_numbers_every_time_reaches():
    """From one thread to two, but not to another library, and for normal numbers not to another length."""
    one = drawn(100_000), drawn(100_000, draw=torch.randn)
    torch.set_num_threads(2)
    two = drawn(100_000), drawn(100_000, draw=torch.randn)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert drawn(100)[:8].equal(drawn(8))
    assert not drawn(16, draw=torch.randn)[:8].equal(drawn(8, draw=torch.randn))  # below 16 another rule
    assert not np.array_equal(np.random.default_rng(7).random(8, dtype=np.float32), drawn(8).numpy())
    assert not drawn(8).equal(drawn(8, seed=8))


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def watched_one_step_less(x: torch.Tensor, y: torch.Tensor, start: list[torch.Tensor]) -> list[torch.Tensor]:
    return module("timing.profilers").bare(x[1:], y[1:], start)


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("timing.clocks", "100-of-5x784x10"): {
        "the time alone": lambda a, b, calls: (torch.zeros(5, 10), 1e-3),
        "no time": lambda a, b, calls: (a @ b, 0.0),
        "another product": lambda a, b, calls: (b.T @ a.T, 1e-3),
    },
    ("timing.cold_start", "10x20x30"): {
        "transposed": lambda a, b: (b.T @ a.T).contiguous(),
        "by way of bfloat16": lambda a, b: (a.bfloat16() @ b.bfloat16()).float(),
    },
    ("timing.synchronising", "64-of-1x4x2"): {
        "one loss for all": lambda x, y, start: (
            (trained := module("timing.synchronising").item_each(x, y, start))[0],
            trained[1][:1] * len(x),
        ),
        "the loss after the step": lambda x, y, start: (
            (trained := module("timing.synchronising").item_each(x, y, start))[0],
            [*trained[1][1:], trained[1][-1]],
        ),
        "a loss missing": lambda x, y, start: (
            (trained := module("timing.synchronising").item_each(x, y, start))[0],
            trained[1][:-1],
        ),
        "untrained": lambda x, y, start: (start, module("timing.synchronising").item_each(x, y, start)[1]),
    },
    ("timing.profilers", "1-of-64x784x50x10"): {
        "a step left out": watched_one_step_less,
        "a step twice": lambda x, y, start: module("timing.profilers").bare(
            torch.cat([x, x]), torch.cat([y, y]), start
        ),
    },
    ("timing.checks", "8x50"): {
        "everything is near": lambda got, wanted: torch.ones(8, dtype=torch.bool),
        "each with itself": lambda got, wanted: (got == got).all(1),
        "a tolerance of 2": lambda got, wanted: torch.isclose(got, wanted, atol=2).all(1),
        "any number": lambda got, wanted: torch.isclose(got, wanted).any(1),
        "the other way round": lambda got, wanted: ~torch.isclose(got, wanted).all(1),
    },
    ("timing.seeding", "1000"): {
        "not seeded": lambda seed, n: torch.rand(n, generator=torch.Generator()),
        "always 7": lambda seed, n: drawn(n),
        "numpy's": lambda seed, n: torch.from_numpy(np.random.default_rng(int(seed)).random(n, dtype=np.float32)),
        "the second draw": lambda seed, n: drawn(2 * n, int(seed))[n:].clone(),
        "normal": lambda seed, n: drawn(n, int(seed), torch.randn),
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_wrong_ideas(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- work --------------------------------------------------------------------------------------------------------------

BY_HAND = {
    ("timing.clocks", "100-of-5x784x10"): (100 * 78_400, 4 * (5 * 784 + 784 * 10 + 50)),
    ("timing.cold_start", "10x20x30"): (12_000, 4 * (200 + 600 + 300)),
    ("timing.synchronising", "64-of-1x4x2"): (2 * 2 * 64 * 4 * 2, 64 * (4 * 4 + 8) + 8 * 8 + 4 * 64),
    ("timing.profilers", "1-of-64x784x50x10"): (
        2 * 64 * (2 * 784 * 50 + 3 * 50 * 10),
        64 * (784 * 4 + 8) + 2 * 4 * 39_760,
    ),
    ("timing.checks", "8x50"): (2 * 400, 2 * 4 * 400 + 8),
    ("timing.seeding", "1000"): (1000, 4000),
}


@pytest.mark.parametrize(("name", "case"), BY_HAND)
def test_the_work_declared_is_that_of_the_tensors(name: str, case: str):
    component, found = some(name, case)
    assert (component.flops(found), component.bytes(found)) == BY_HAND[name, case]
    truth = gate.truth(component, found, 0)
    expected = truth.expected[0] if name == "timing.clocks" else truth.expected  # the other is not computed
    tensors = [leaf for leaf in tree_leaves(truth.inputs) if isinstance(leaf, torch.Tensor) and leaf.dim()]
    written = sum(leaf.numel() * (4 if leaf.is_floating_point() else 1) for leaf in tree_leaves(expected))
    assert component.bytes(found) == sum(tensor.nbytes for tensor in tensors) + written


@pytest.mark.parametrize("name", FAMILY)
def test_every_component_has_its_shapes_its_mistakes_and_its_work_by_hand(name: str):
    assert name in SHAPES
    assert any(name == component for component, _ in MISTAKES) and any(name == component for component, _ in BY_HAND)
