"""The formulas: known answers, what torch runs behind each, the printed examples that raise, and the work declared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared_or_skipped as prepared
from variants import some

from benchmarks.components.einsum.chain import least
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("einsum.")]
COMPILES = ("aot_eager",)


def every_variant() -> list:
    return [
        pytest.param(
            name,
            variant.name,
            id=f"{name}-{variant.name}",
            marks=[pytest.mark.slow] if variant.name in COMPILES else [],
        )
        for name in FAMILY
        for variant in catalogue.variants(name)
        if "cuda" not in variant.needs
    ]


def counting(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.arange(math.prod(shape), dtype=dtype).view(shape)


A, B = counting(2, 3), counting(3, 4)
PRODUCT = [[20, 23, 26, 29], [56, 68, 80, 92]]
X, Y, W = torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 0, -1, 2]), counting(5, 3, 4)
Z = [sum(X[i] * W[k, i, j] * Y[j] for i in range(3) for j in range(4)).item() for k in range(5)]

GOLDEN = {
    "einsum.matmul": ((A, B), PRODUCT),
    "einsum.lone": ((A, B), PRODUCT),
    "einsum.integer": ((A.long(), B.long()), PRODUCT),
    "einsum.epilogue": ((A, B, torch.tensor([-21.0, 0, 1, -100])), [[0, 23, 27, 0], [35, 68, 81, 0]]),
    "einsum.transpose": ((A,), [[0, 3], [1, 4], [2, 5]]),
    "einsum.transpose_copy": ((A,), [[0, 3], [1, 4], [2, 5]]),
    "einsum.trace": ((counting(3, 3),), 12),
    "einsum.batched": (
        (counting(3, 2, 3), counting(3, 3, 2)),
        [[[10, 13], [28, 40]], [[172, 193], [244, 274]], [[550, 589], [676, 724]]],
    ),
    "einsum.dot": ((torch.tensor([0.0, 1, 2]), torch.tensor([3.0, 4, 5])), 14),
    "einsum.outer": (
        (torch.tensor([10.0, 20, 30]), torch.tensor([10.0, 20, 30])),
        [[100, 200, 300], [200, 400, 600], [300, 600, 900]],
    ),
    "einsum.elementwise": ((A, A + 1), [[0, 2, 6], [12, 20, 30]]),
    "einsum.sums": ((counting(2, 3, 4), "ijk->i", (1, 2)), [66, 210]),
    "einsum.bilinear_one": ((X, W, Y), Z),
    "einsum.bilinear_batch": ((torch.stack([X, 2 * X]), W, torch.stack([Y, Y])), [Z, [2 * z for z in Z]]),
    "einsum.chain": (([A, B, counting(4, 2)],), [[324, 422], [1008, 1304]]),
}


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_known_answers(component: str, variant: str):
    inputs, answer = GOLDEN[component]
    output = prepared(component, variant, inputs)()
    assert output.dtype == (torch.int64 if component == "einsum.integer" else torch.float32)
    assert output.tolist() == answer


SHAPES: dict[str, list[dict[str, Any]]] = {
    "einsum.sums": [
        {"x": (1, 1), "formula": "ij->", "axes": (0, 1)},
        {"x": (3, 4, 5), "formula": "...ij->...i", "axes": (2,)},
        {"x": (2, 40, 50), "formula": "ijk->i", "axes": (1, 2)},
    ],
    "einsum.chain": [{"sizes": (1, 1, 1, 1)}, {"sizes": (2, 3, 4, 5)}, {"sizes": (30, 2, 40, 3, 20)}],
    "einsum.integer": [{"m": 1, "k": 1, "n": 1}, {"m": 2, "k": 3, "n": 4}],
}
LETTERS = [dict.fromkeys("bijk", 1), {"b": 2, "i": 3, "j": 4, "k": 5}, {"b": 7, "i": 2, "j": 33, "k": 17}]


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_every_variant_is_right_on_other_shapes_too(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES.get(component, LETTERS):
        case = Case("other", shape, dtype=problem.cases[0].dtype)
        truths = [gate.truth(problem, case, seed) for seed in range(2)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


# -- what the sources print and what it does ---------------------------------------------------------------------------


def test_the_bilinear_example_raises_as_it_is_printed():
    """ES-11: x of 3, weights 5 x 3 x 4, y of 4, with the letters of weights 3 x 4 x 5."""
    with pytest.raises((RuntimeError, ValueError), match=r"subscript i has size|label 'i'"):
        torch.einsum("i,ijk,j->k", X, W, Y)
    mended = torch.einsum("i,ijk,j->k", X, W.permute(1, 2, 0), Y)
    assert mended.tolist() == torch.einsum("i,kij,j->k", X, W, Y).tolist() == Z


def test_the_batched_exercise_raises_as_it_is_printed():
    """ES-12: 3 x 4 and 4 x 5 share no batch."""
    with pytest.raises((RuntimeError, ValueError), match=r"subscript b has size|label 'b'"):
        torch.einsum("bi,bj,ijk->bk", counting(3, 4), counting(4, 5), counting(2, 3, 4))


def test_the_ellipsis_keeps_the_axis_that_its_comment_sums():
    """ES-10: "the last two dimensions", says the comment; one of them is left."""
    x = torch.randn(3, 4, 5, 6)
    assert torch.einsum("...ij->...i", x).shape == (3, 4, 5)
    assert torch.equal(torch.einsum("...ij->...i", x), x.sum(-1))
    assert torch.einsum("...ij->...", x).shape == (3, 4)


def test_a_formula_of_integers_stays_one_of_integers():
    assert torch.einsum("ij,jk->ik", A.long(), B.long()).tolist() == PRODUCT
    with pytest.raises(RuntimeError, match="expected scalar type"):
        torch.einsum("ij,jk->ik", A.long(), B)


class _Seen(TorchDispatchMode):
    """The names of the operators that ran."""

    def __init__(self):
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def operators(call: Callable[[], Any]) -> list[str]:
    """What ``call`` runs beside views."""
    with _Seen() as seen:
        call()
    return [name for name in seen.names if name not in ("permute", "unsqueeze", "view", "diagonal", "_unsafe_view")]


@pytest.mark.parametrize(
    ("formula", "shapes", "run"),
    [
        ("ij,jk->ik", [(3, 4), (4, 5)], ["bmm"]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)], ["bmm"]),
        ("i,i->", [(3,), (3,)], ["bmm"]),
        ("i,j->ij", [(3,), (4,)], ["mul"]),
        ("ij,ij->ij", [(2, 3), (2, 3)], ["mul"]),
        ("ijk->i", [(2, 3, 4)], ["sum"]),
        ("ij->", [(2, 3)], ["sum"]),
        ("ii->", [(3, 3)], ["sum"]),
        ("ij->ji", [(2, 3)], []),
    ],
)
def test_what_a_formula_runs(formula: str, shapes: list[tuple[int, ...]], run: list[str]):
    """The table of the source sets a formula beside an operator: most rows of it run the same kernel."""
    tensors = [torch.randn(shape) for shape in shapes]
    assert operators(lambda: torch.einsum(formula, *tensors)) == run


def test_the_weights_are_copied_where_their_outputs_come_first():
    x, w, y = gate.truth(*some("einsum.bilinear_one", "3x4x5"), 0).inputs
    run = {name: operators(prepared("einsum.bilinear_one", name, (x, w, y))) for name in ("einsum", "outer_first")}
    assert run == {"einsum": ["clone", "bmm", "bmm"], "outer_first": ["mul", "mv"]}


def test_a_transpose_is_a_view_and_a_copy_is_none():
    m = torch.randn(2, 3)
    for variant in catalogue.variants("einsum.transpose"):
        view = prepared("einsum.transpose", variant.name, (m,))()
        assert view.data_ptr() == m.data_ptr() and view.stride() == (1, 3), variant.name
    for variant in catalogue.variants("einsum.transpose_copy"):
        copy = prepared("einsum.transpose_copy", variant.name, (m,))()
        assert copy.data_ptr() != m.data_ptr() and copy.stride() == (2, 1), variant.name


# -- the order of a contraction ----------------------------------------------------------------------------------------


def counted(call: Callable[[], Any]) -> int:
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def test_the_least_arithmetic_of_a_chain():
    assert least((3, 4)) == 0
    assert least((1024, 8, 1024, 8)) == 2 * (8 * 1024 * 8 + 1024 * 8 * 8)
    assert least((512, 8, 512, 8, 512)) == 16 * 512**2 + 256 * 512
    assert least((8, 1024, 8, 1024)) == 2 * (8 * 1024 * 8 + 8 * 8 * 1024)


@pytest.mark.parametrize(("sizes", "in_order"), [((64, 8, 64, 8), 32 * 64**2), ((64, 8, 64, 8, 64), 48 * 64**2)])
def test_who_plans_a_chain(sizes: tuple[int, ...], in_order: int):
    """Torch goes from left to right, as ``@`` does, and only multi_dot does no more than it must."""
    component = catalogue.component("einsum.chain")
    case = Case("chain", {"sizes": sizes})
    inputs = component.inputs(case, torch.Generator().manual_seed(0))
    names = "einsum_in_order", "left_to_right", "multi_dot"
    found = {name: counted(prepared("einsum.chain", name, inputs)) for name in names}
    assert found == {"einsum_in_order": in_order, "left_to_right": in_order, "multi_dot": component.flops(case)}
    assert component.flops(case) < in_order / 2


def test_an_installed_plan_is_switched_off_and_on_again(monkeypatch: pytest.MonkeyPatch):
    """As if opt_einsum were there: the switch is what ``einsum_in_order`` must find and leave on."""
    states = []

    def einsum(*arguments: Any) -> torch.Tensor:
        states.append(torch.backends.opt_einsum.enabled)
        return torch.linalg.multi_dot(arguments[1:])

    inputs = gate.truth(*some("einsum.chain", "16-3"), 0).inputs
    flags = torch.backends.opt_einsum.m  # the module behind the object that guards its switches
    monkeypatch.setattr(torch, "einsum", einsum)
    monkeypatch.setattr(flags, "is_available", lambda: True)
    monkeypatch.setattr(flags, "enabled", True)
    prepared("einsum.chain", "einsum_in_order", inputs)()
    assert states == [False] and torch.backends.opt_einsum.enabled is True


def test_no_order_of_a_bilinear_form_saves_arithmetic():
    """ES-12: the leading term is that of the declaration; an order adds a term of lower degree, or elementwise work."""
    found = catalogue.component("einsum.bilinear_batch")
    case = Case("other", {"b": 8, "i": 16, "j": 32, "k": 4})
    inputs = found.inputs(case, torch.Generator().manual_seed(0))
    names = "einsum", "outer_first", "einsum_weights_second", "weights_first"
    extra = {name: counted(prepared(found.name, name, inputs)) - found.flops(case) for name in names}
    assert extra == {
        "einsum": 0,
        "outer_first": 0,
        "einsum_weights_second": 2 * 8 * 4 * 32,
        "weights_first": 2 * 8 * 4 * 16,
    }


# -- what the gate must know -------------------------------------------------------------------------------------------


def chopped(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    return [tensor.bfloat16().float() for tensor in tensors]


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("einsum.matmul", "128"): {
        "the other product": lambda a, b: torch.einsum("ij,jk->ik", b, a),
        "the second one transposed": lambda a, b: torch.einsum("ij,kj->ik", a, b),
        "elementwise": lambda a, b: torch.einsum("ij,ij->ij", a, b),
    },
    ("einsum.transpose_copy", "2048x2048"): {
        "a view": lambda m: m.t(),
        "no transpose": lambda m: m.clone(),
    },
    ("einsum.transpose", "2048x2048"): {"no transpose": lambda m: m},
    ("einsum.trace", "2048x2048"): {
        "the other diagonal": lambda m: m.flip(1).diagonal().sum(),
        "the last element is missing": lambda m: m.diagonal()[:-1].sum(),
        "all elements": lambda m: torch.einsum("ij->", m),
    },
    ("einsum.dot", "1e6"): {
        "products of bfloat16": lambda a, b: torch.dot(*chopped([a, b])),
        "the last hundred are missing": lambda a, b: torch.dot(a[:-100], b[:-100]),
        "one off": lambda a, b: torch.dot(a, b) + 1,
    },
    ("einsum.sums", "2048x2048"): {
        "bfloat16": lambda x, formula, axes: x.bfloat16().float().sum(),
        "half of it": lambda x, formula, axes: x[:1024].sum(),
        "the mean": lambda x, formula, axes: x.mean(),
    },
    ("einsum.sums", "3x4x5x6"): {
        "both axes, as the comment says": lambda x, formula, axes: x.sum((-2, -1)),
        "the axis before": lambda x, formula, axes: x.sum(-2),
    },
    ("einsum.outer", "3x4"): {"the other order": lambda a, b: torch.outer(b, a)},
    ("einsum.bilinear_one", "256x256x64"): {
        "weights turned": lambda x, w, y: torch.einsum("i,kji,j->k", x, w, y),
        "vectors exchanged": lambda x, w, y: torch.einsum("i,kij,j->k", y, w, x),
        "bfloat16": lambda x, w, y: torch.einsum("i,kij,j->k", *chopped([x, w, y])),
    },
    ("einsum.bilinear_batch", "128x64x64x32"): {
        "every pair with every other": lambda x, w, y: torch.einsum("bi,kij,cj->bk", x, w, y),
        "weights turned": lambda x, w, y: torch.einsum("bi,kji,bj->bk", x, w, y),
    },
    ("einsum.chain", "64-3"): {
        "bfloat16": lambda matrices: torch.linalg.multi_dot(chopped(matrices)),
        "one factor is missing": lambda matrices: matrices[0],
        "the outer two exchanged": lambda matrices: torch.linalg.multi_dot([matrices[2], *matrices[1:]]),
    },
    ("einsum.epilogue", "10x20x30"): {
        "no relu": lambda a, b, bias: torch.addmm(bias, a, b),
        "no bias": lambda a, b, bias: (a @ b).relu(),
        "relu before the bias": lambda a, b, bias: (a @ b).relu() + bias,
    },
    ("einsum.integer", "256"): {
        "through float32": lambda a, b: (a.float() @ b.float()).long(),
        "through int16": lambda a, b: (a @ b).short().long(),
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_that_formulas_invite(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- the work declared -------------------------------------------------------------------------------------------------

TOUCHED = {  # bytes of the inputs that must be read, where that is not all of them
    "einsum.transpose": lambda inputs: 0,
    "einsum.trace": lambda inputs: 4 * len(inputs[0]),
}
FLOPS = {
    ("einsum.matmul", "3x4x5"): 120,
    ("einsum.lone", "10x20x30"): 12_000,
    ("einsum.epilogue", "10x20x30"): 12_600,
    ("einsum.transpose", "2x3"): 0,
    ("einsum.trace", "3x3"): 2,
    ("einsum.dot", "3"): 6,
    ("einsum.outer", "3x4"): 12,
    ("einsum.sums", "3x4x5x6"): 300,
    ("einsum.bilinear_one", "3x4x5"): 120,
    ("einsum.chain", "16-3"): 4096,
}


@pytest.mark.parametrize("name", FAMILY)
def test_the_bytes_declared_are_those_of_the_tensors(name: str):
    component = catalogue.component(name)
    case = min(component.cases, key=component.bytes)
    truth = gate.truth(component, case, 0)
    tensors = truth.inputs[0] if name == "einsum.chain" else truth.inputs
    read = TOUCHED.get(name, lambda inputs: sum(each.nbytes for each in inputs if isinstance(each, torch.Tensor)))
    element = 8 if case.dtype == "int64" else 4
    written = 0 if name == "einsum.transpose" else element * truth.expected.numel()
    assert component.bytes(case) == read(tensors) + written


@pytest.mark.parametrize(("where", "flops"), FLOPS.items())
def test_the_arithmetic_of_a_small_case_by_hand(where: tuple[str, str], flops: int):
    component, case = some(*where)
    assert component.flops(case) == flops


@pytest.mark.slow
def test_a_new_shape_is_compiled_once_more_and_then_no_more():
    """ES-14: the second shape makes the compiler write code for any; the third finds it."""
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    compiled = CompileCounter()
    run = torch.compile(lambda a, b: torch.einsum("ij,jk->ik", a, b), backend=compiled)
    seen = []
    for rows in (10, 10, 11, 12, 13):
        run(torch.randn(rows, 20), torch.randn(20, 30))
        seen.append(compiled.frame_count)
    torch._dynamo.reset()
    assert seen == [1, 1, 2, 2, 2]
