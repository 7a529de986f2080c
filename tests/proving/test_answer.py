"""What counts as an answer: plain tensors in memory of their own, taken with functions that nobody can replace."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy
import pytest
import torch

from perfsuite.project import catalogue
from perfsuite.proving import answer, gate
from perfsuite.workers import contents, referee

answer.bound()
QUESTION = {
    "cell": "matmul.ladder/mm/eager/cpu/8/1",
    "component": "matmul.ladder",
    "case": "8",
    "seed": 5,
    "device": "cpu",
}


def content(name: str = "matmul.ladder") -> gate.Content:
    component = catalogue.component(name)
    return gate.content(component, component.cases[0], 7)


def taken(output: object, *inputs: object, name: str = "matmul.ladder") -> list[answer.Part]:
    return answer.taken(output, content(name), inputs, "cpu")


def test_an_answer_is_copied_and_comes_back_from_its_file(tmp_path: Path):
    output = torch.arange(12, dtype=torch.float32).reshape(3, 4).t()
    parts = taken((output, [output[0]]))
    output.zero_()
    answer.write(parts, tmp_path / "answer")
    (place, whole), (_, row) = answer.parts(answer.read(tmp_path / "answer"))
    assert place == "cpu" and whole.shape == (4, 3) and whole[1].tolist() == [1, 5, 9] and row.tolist() == [0, 4, 8]
    assert (tmp_path / "answer").stat().st_size < 4096


def test_a_parameter_that_wants_a_gradient_is_an_answer():
    ((_, values),) = taken(torch.nn.Parameter(torch.ones(3)))
    assert values.tolist() == [1, 1, 1] and not values.requires_grad


class Lazy(torch.Tensor):
    """Computes when it is read."""


class List(list):
    """Computes when it is iterated."""


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: torch.ones(2).as_subclass(Lazy), "returns a Lazy, a subclass of Tensor"),
        (lambda: [torch.ones(2), torch.ones(2).as_subclass(Lazy)], "returns a Lazy, a subclass of Tensor"),
        (lambda: List([torch.ones(2)]), "returns a List: custom subclasses of tuple, list and dict are not allowed"),
        (lambda: numpy.ones(2), "returns ndarray, not a tensor"),
        (lambda: None, "returns NoneType, not a tensor"),
        (lambda: torch.empty(2, device="meta"), "returns a tensor on meta, which holds nothing"),
    ],
)
def test_what_is_no_plain_tensor_does_not_count(made, says: str):
    with pytest.raises(gate.Wrong, match=says):
        taken(made())


def test_what_computes_when_it_is_read_does_not_count_though_it_reads_as_an_answer():
    """The canonical form of a component that learns takes the loss and the parameters out of any iterable."""
    parts = [torch.ones(2), torch.ones(2)]
    name = "training.time_to_loss"
    with pytest.raises(gate.Wrong, match="returns generator, not a tensor"):
        taken((part for part in parts), name=name)
    with pytest.raises(gate.Wrong, match="returns map, not a tensor"):
        taken([map(torch.neg, parts)], name=name)


def test_a_tensor_with_a_method_of_its_own_does_not_count():
    output = torch.ones(2)
    output.detach = lambda: torch.zeros(2)  # type: ignore[method-assign]
    with pytest.raises(gate.Wrong, match="returns a tensor with a method of its own: detach"):
        taken(output)


def test_what_a_variant_replaces_in_torch_does_not_reach_what_takes_its_answer(monkeypatch: pytest.MonkeyPatch):
    for name in ("detach", "copy_", "untyped_storage", "cpu", "clone"):
        monkeypatch.setattr(torch.Tensor, name, lambda *_: pytest.fail("reached"))
    ((_, values),) = taken(torch.ones(2), torch.zeros(2))
    monkeypatch.undo()
    assert values.tolist() == [1, 1]


@pytest.mark.parametrize(
    "of", [lambda x: x, lambda x: x[1:], lambda x: x.t(), lambda x: x.detach(), lambda x: [torch.ones(1), x.view(-1)]]
)
def test_an_answer_in_the_memory_of_an_input_is_none(of):
    x, y = torch.ones(3, 4), torch.ones(2)
    with pytest.raises(gate.Wrong, match="returns the memory of its input number 1, where a new tensor is required"):
        taken(of(x), y, x)
    taken(of(x.clone()), y, x)


def test_an_answer_in_the_memory_of_an_array_or_of_a_nested_input_is_none():
    array, nested = numpy.ones((4, 4)), torch.ones(4)
    for output in (torch.from_numpy(array[1:]), nested[:2]):
        with pytest.raises(gate.Wrong, match="returns the memory of its input number"):
            taken(output, array[::2], [nested, (3,)])


def test_a_component_says_where_an_answer_may_be_a_view():
    x = torch.ones(2, 3)
    assert taken(x.t(), x, name="einsum.transpose")
    assert all(len(component.aliases) != 1 for component in catalogue.components().values())


def test_a_stream_is_consumed_and_its_items_are_looked_at():
    given = content()
    stream = dataclasses.replace(given, component=dataclasses.replace(given.component, stream=True))
    parts = answer.taken(iter([torch.zeros(2), (torch.ones(3),)]), stream, (), "cpu")
    assert [values.tolist() for _, values in parts] == [[0, 0], [1, 1, 1]]
    with pytest.raises(gate.Wrong, match="a subclass of Tensor"):
        answer.taken(iter([torch.zeros(2), torch.ones(2).as_subclass(Lazy)]), stream, (), "cpu")


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.complex64, torch.bool, torch.int8, torch.uint8])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (3, 7)])
def test_any_dtype_and_shape_comes_back_as_it_was(dtype: torch.dtype, shape: tuple[int, ...], tmp_path: Path):
    first = torch.arange(3, dtype=torch.uint8)  # so that the next does not begin where a line of the memory does
    whole = (torch.randn(shape) * 9).to(dtype)
    answer.write([("cpu", first), ("cuda", whole)], tmp_path / "answer")
    (_, before), (place, back) = answer.parts(answer.read(tmp_path / "answer"))
    assert place == "cuda" and back.dtype == dtype and torch.equal(back, whole) and torch.equal(before, first)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"[]",
        b'[["cpu", "float32", [2]]]\nabc',
        b'[["cpu", "load", [1]]]\nabcdefgh',
        b'[["cpu", "float32", [-1]]]\n',
    ],
)
def test_what_is_no_answer_cannot_be_read(text: bytes, tmp_path: Path):
    (tmp_path / "answer").write_bytes(text)
    told = referee.judged({**QUESTION, "path": str(tmp_path / "answer")}, contents.Truths())
    assert "cannot be read" in told.get("error", "") or "returns 0 tensors, not 1" in told.get("wrong", "")


def right(seed: int) -> torch.Tensor:
    component = catalogue.component("matmul.ladder")
    case = next(case for case in component.cases if case.name == "8")
    return gate.truth(component, case, seed).expected.float()


def test_the_same_bits_are_judged_once_for_one_question_and_anew_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    truths, made = contents.Truths(), []
    monkeypatch.setattr(referee.gate, "compare", lambda *args: (made.append(args), compare(*args))[1])

    def told(output: torch.Tensor, **other: object) -> dict:
        answer.write([("cpu", output)], tmp_path / "answer")
        return referee.judged({**QUESTION, "path": str(tmp_path / "answer"), **other}, truths)

    first = told(right(5))
    assert "match" in first and told(right(5)) == first and len(made) == 1
    assert "match" in told(right(5), cell=QUESTION["cell"].replace("/1", "/all")) and len(made) == 1
    off = right(5)
    off[0, 0] = torch.nextafter(off[0, 0], torch.tensor(9.0))
    for number, wanted in enumerate(
        [
            ("match", told(off)),
            ("wrong", told(right(5) + 1)),
            ("wrong", told(right(5).double())),
            ("wrong", told(right(5).reshape(-1))),
            ("wrong", told(right(5), seed=6)),
            ("wrong", told(right(5), case="64")),
            ("wrong", told(right(5), device="cuda")),
            ("match", told(right(5), cell="matmul.ladder/mm/autocast/cpu/8/1")),
        ]
    ):
        assert wanted[0] in wanted[1], number
    assert len(made) == 9
    assert "wrong" in told(right(5) + 1) and len(made) == 9, "a wrong one stays so"


compare = gate.compare


def test_what_is_read_cannot_be_changed_by_its_writer(tmp_path: Path):
    answer.write([("cpu", torch.ones(4))], tmp_path / "answer")
    held = answer.read(tmp_path / "answer")
    answer.write([("cpu", torch.zeros(4))], tmp_path / "answer")
    assert answer.parts(held)[0][1].tolist() == [1, 1, 1, 1]


def test_many_outputs_beside_many_inputs_are_told_apart_in_order_of_their_number():
    inputs = list(torch.arange(400.0).reshape(100, 4).unbind())  # one storage: all of them overlap
    apart = [torch.ones(3) for _ in range(100)]
    taken([torch.ones(2) for _ in range(100)], *apart, *inputs)
    with pytest.raises(gate.Wrong, match="the memory of its input number 37,"):
        taken([torch.ones(2), apart[37][1:]], *apart, *inputs)
    with pytest.raises(gate.Wrong, match="the memory of its input number 100,"):
        taken([torch.ones(2), inputs[40]], *apart, *inputs)
    with pytest.raises(gate.Wrong, match="the memory of its input number 0,"):
        taken([torch.ones(2), inputs[40]], inputs[0]._base.view(-1), *apart)


def test_an_input_inside_another_does_not_hide_it():
    memory = bytearray(4000)
    whole = torch.frombuffer(memory, dtype=torch.uint8)
    inner = torch.frombuffer(memory, dtype=torch.uint8, count=400, offset=400)
    late = torch.frombuffer(memory, dtype=torch.uint8, count=400, offset=2000)
    with pytest.raises(gate.Wrong, match="the memory of its input number 1,"):
        taken(late, inner, whole)
    taken(torch.ones(3), inner, whole)
