"""Checkpoints: every format keeps every bit, what is lazy is read, what is refused, what is left behind, mistakes."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import math
import mmap
import os
import pickle
import struct
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from variants import some

from benchmarks.components.checkpoint import _states as states
from impls.checkpoint import _files as files
from perfsuite.measuring import prepared
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("checkpoint.")]
linux = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux")


def every_variant(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
    ]


@functools.cache
def truth_of(name: str, seed: int = 0) -> gate.Truth:
    """Inputs and reference of the smallest network that the component has."""
    component, mlp = some(name, "mlp")
    return gate.truth(component, mlp if name == "checkpoint.model" else states.network("lenet"), seed)


@contextlib.contextmanager
def ready(component: str, variant: str, inputs: tuple[Any, ...]) -> Iterator[prepared.Prepared]:
    """The variant, prepared and closed; skips the test where it needs what is not here."""
    function = getattr(importlib.import_module(f"impls.{component}"), variant)
    if reason := prepared.missing(getattr(function, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    try:
        made = prepared.prepare(function, "eager", inputs)
    except prepared.Missing as missing:
        pytest.skip(str(missing))
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_every_variant_is_right_when_its_inputs_change_in_place(component: str, variant: str):
    truths = [truth_of(component, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    with ready(component, variant, inputs) as made:
        gate.prove(made, inputs, truths)


@pytest.mark.parametrize(("component", "variant"), every_variant("checkpoint.save"))
def test_no_format_changes_a_bit(component: str, variant: str):
    """A number that is not one, with its payload; both zeros; infinity; the least denormal."""
    special = struct.unpack("=6i", struct.pack("=Ii4f", 0x7FC01234, -0x80000000, 0.0, math.inf, -1.5, 1e-45))
    tensors = [torch.tensor(special, dtype=torch.int32).view(torch.float32), torch.zeros(3, 1), torch.ones(())]
    problem = catalogue.component(component)
    case = Case("special", {"count": 1})
    with ready(component, variant, (tensors,)) as made:
        output = made()
        if len(output) == 4 * 10:  # the numbers alone: names and shapes are the reader's business
            found = list(output.clone().view(torch.float32).split([6, 3, 1]))
        else:
            found = problem.canonical(case, output)
    assert [one.flatten().view(torch.int32).tolist() for one in found] == [
        one.flatten().view(torch.int32).tolist() for one in tensors
    ]


def test_the_networks_have_the_parameters_of_the_sources():
    assert states.numbers(some("checkpoint.load", "mlp")[1]) == 669_706
    assert states.numbers(some("checkpoint.load", "lenet")[1]) == 61_706


# -- what the source says, and what is so ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models() -> Path:
    """The folder with networks in all formats."""
    return Path(truth_of("checkpoint.model").inputs[0])


def network(weights: Any = None) -> nn.Sequential:
    made = importlib.import_module("impls.checkpoint.model")._network()
    if weights is not None:
        made.load_state_dict(weights)
    return made.eval()


def test_a_whole_network_is_refused_unless_one_trusts_the_file():
    """CK-02: the source says 2.6.0 and shows the warning of 2.5; since 2.6 the call as it is printed raises."""
    buffer = io.BytesIO()
    torch.save(network(), buffer)
    buffer.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        torch.load(buffer)
    buffer.seek(0)
    assert isinstance(torch.load(buffer, weights_only=False), nn.Sequential)


def test_a_whole_network_is_lost_with_its_class_and_its_state_is_not():
    module = types.ModuleType("code_of_last_year")
    exec("from torch import nn\nclass Net(nn.Linear):\n    pass\n", module.__dict__)
    sys.modules[module.__name__] = module
    try:
        whole, state = io.BytesIO(), io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.save(module.Net(3, 2), whole)
        torch.save(module.Net(3, 2).state_dict(), state)
    finally:
        del sys.modules[module.__name__]
    whole.seek(0)
    state.seek(0)
    with pytest.raises(ModuleNotFoundError, match="code_of_last_year"):
        torch.load(whole, weights_only=False)
    nn.Linear(3, 2).load_state_dict(torch.load(state))


def test_a_pickle_runs_code_and_only_for_those_who_ask_for_it():
    buffer = io.BytesIO()
    torch.save({"0000": torch.ones(1), "more": _Runs()}, buffer)
    RAN.clear()
    buffer.seek(0)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(buffer)
    assert RAN == []
    buffer.seek(0)
    torch.load(buffer, weights_only=False)
    assert RAN == ["code of the file"]


RAN: list[str] = []


def _run(what: str) -> None:
    RAN.append(what)


class _Runs:
    def __reduce__(self):
        return _run, ("code of the file",)


def test_all_formats_evaluate_to_the_same_pair(models: Path):
    """CK-01 to CK-03: equal loss and accuracy prove the round trip; the source's differ from its last epoch's."""
    from safetensors.torch import load_file

    x = torch.randn(500, 784, generator=torch.Generator().manual_seed(0))
    y = torch.randint(10, (500,), generator=torch.Generator().manual_seed(1))

    def pair(answer: torch.Tensor) -> tuple[float, float]:
        return nn.functional.cross_entropy(answer, y).item(), (answer.argmax(1) == y).float().mean().item()

    state = torch.load(models / "0.pt")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        expected = pair(network(state)(x))
        meta = network()
        meta.load_state_dict(torch.load(models / "0.pt", mmap=True), assign=True)
        assert pair(meta(x)) == expected
        assert pair(network(load_file(models / "0.safetensors"))(x)) == expected
        assert pair(torch.load(models / "0.model.pt", weights_only=False)(x)) == expected
        assert pair(torch.jit.load(models / "0.script.pt")(x)) == expected
        other = pair(network(torch.load(models / "1.pt"))(x))
    assert other != expected


def test_a_graph_that_was_exported_answers_as_the_network_does(models: Path):
    x = torch.randn(1, 784, generator=torch.Generator().manual_seed(0))
    loaded = torch.export.load(models / "0.pt2").module()
    assert torch.equal(loaded(x), network(torch.load(models / "0.pt"))(x))


# -- what is lazy ------------------------------------------------------------------------------------------------------


def mapped_pages(path: str) -> tuple[int, int]:
    """Bytes of ``path`` that this process has mapped, and how many of them it has touched."""
    size = touched = 0
    here = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        key, _, value = line.partition(":")
        if "-" in line.split(" ")[0] and not line[0].isupper():
            here = line.endswith(path)
        elif here and key == "Size":
            size += int(value.split()[0]) * 1024
        elif here and key == "Rss":
            touched += int(value.split()[0]) * 1024
    return size, touched


def lazily(path: str) -> list[torch.Tensor]:
    if path.endswith(".pt"):
        return list(torch.load(path, mmap=True).values())
    from safetensors.torch import load_file

    return list(load_file(path).values())


@linux
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_mapped_file_is_not_read_before_somebody_asks_and_the_variants_ask(suffix: str, tmp_path: Path):
    """CK-03: 76 times as fast is the time of a loader that has read nothing yet.

    The file is large: a kernel maps up to 2 MiB around each byte that is read.
    """
    path = str(tmp_path / f"state{suffix}")
    state = files.named([torch.ones(1 << 20) for _ in range(16)])
    if suffix == ".pt":
        torch.save(state, path)
    else:
        from safetensors.torch import save_file

        save_file(state, path)
    whole = sum(tensor.nbytes for tensor in state.values())
    loaded = lazily(path)
    size, read = mapped_pages(path)
    assert size >= whole and read < whole / 4
    files.touched(loaded)
    assert mapped_pages(path)[1] >= whole
    del loaded
    assert mapped_pages(path) == (0, 0)


@linux
@pytest.mark.parametrize("variant", ["mapped", "safe_open", "safetensors"])
def test_the_lazy_variants_have_read_everything(variant: str):
    component, case = some("checkpoint.load", "mlp")
    inputs = gate.truth(component, case, 0).inputs
    path = files.path_of(*inputs, ".pt" if variant == "mapped" else ".safetensors")
    with ready(component.name, variant, inputs) as made:
        output = made()
        assert mapped_pages(path)[1] >= sum(tensor.nbytes for tensor in output) == 4 * 669_706


@linux
def test_pages_are_dropped_where_that_is_possible_and_missed_where_it_is_not(tmp_path: Path):
    path = tmp_path / "pages"
    path.write_bytes(bytes(100_000))
    with path.open("rb") as opened:
        os.fsync(opened)
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if files.resident(str(path)):
        pytest.skip("needs a file system that drops pages")
    path.read_bytes()
    files.droppable(str(path))
    assert files.resident(str(path)) == 0
    path.read_bytes()
    assert files.resident(str(path)) == -(-100_000 // mmap.PAGESIZE)
    files.drop(str(path))
    assert files.resident(str(path)) == 0


@pytest.mark.skipif(not Path(files.MEMORY).is_dir(), reason="needs /dev/shm")
def test_a_file_system_in_memory_cannot_be_cold(tmp_path: Path):
    path = Path(files.MEMORY, f"test-{os.getpid()}")
    path.write_bytes(bytes(100_000))
    try:
        with pytest.raises(NotImplementedError, match="needs a file system that drops"):
            files.droppable(str(path))
    finally:
        path.unlink()


# -- what formats demand, and what they keep ---------------------------------------------------------------------------


def test_safetensors_refuses_shared_and_strided_tensors():
    from safetensors.torch import save

    x = torch.ones(3, 2)
    with pytest.raises(RuntimeError, match="share memory"):
        save({"x": x, "first": x[0]})
    with pytest.raises(ValueError, match="non contiguous"):
        save({"x": x.T})


def test_the_numbers_of_a_safetensors_file_are_aligned(tmp_path: Path):
    from safetensors.torch import load_file, save_file

    for length in range(1, 9):
        save_file({"n" * length: torch.ones(1)}, tmp_path / "x")
        header = int.from_bytes((tmp_path / "x").read_bytes()[:8], "little")
        assert header % 8 == 0
    states.WRITERS[".safetensors"]({"0000": torch.arange(5.0), "0001": torch.ones(2, 3)}, tmp_path / "by_hand")
    found = load_file(tmp_path / "by_hand")
    assert found["0000"].tolist() == [0, 1, 2, 3, 4] and found["0001"].shape == (2, 3)


def test_a_saved_slice_is_as_large_as_what_it_was_cut_from():
    whole = torch.zeros(100_000)
    sizes = []
    for tensor in (whole[:10], whole[:10].clone()):
        buffer = io.BytesIO()
        torch.save(tensor, buffer)
        sizes.append(len(buffer.getvalue()))
    assert sizes[0] > 400_000 and sizes[1] < 4000


def test_assigned_parameters_are_the_loaded_tensors_and_copied_ones_are_not():
    for assign in (True, False):
        layer, state = nn.Linear(3, 2), nn.Linear(3, 2).state_dict()  # a state once assigned may be assigned again
        layer.load_state_dict(state, assign=assign)
        assert (layer.weight.data_ptr() == state["weight"].data_ptr()) == assign
        assert torch.equal(layer.weight, state["weight"])


def test_writing_to_mapped_tensors_does_not_change_the_file(tmp_path: Path):
    torch.save({"x": torch.zeros(5000)}, tmp_path / "x.pt")
    torch.load(tmp_path / "x.pt", mmap=True)["x"].fill_(1)
    assert torch.load(tmp_path / "x.pt")["x"].count_nonzero() == 0


def test_weights_do_not_compress():
    inputs = truth_of("checkpoint.save").inputs
    with ready("checkpoint.save", "compressed", inputs) as made:
        assert 0.85 < len(made()) / (4 * 61_706) < 1.05


@pytest.mark.parametrize(("component", "variant"), every_variant("checkpoint.save"))
def test_no_folder_is_left_behind(component: str, variant: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(files.Written.__init__, "__defaults__", (str(tmp_path),))
    with ready(component, variant, ([torch.ones(3)],)) as made:
        first, second = made().clone(), made()
        assert len(first) == len(second)
        assert len(list(tmp_path.rglob("checkpoint"))) <= 1, "the file of the call before is deleted"
    assert list(tmp_path.iterdir()) == []
    assert len(bytes(second.numpy())) == len(first), "what was mapped outlives the file"


# -- mistakes ----------------------------------------------------------------------------------------------------------


def saved(state: Any) -> torch.Tensor:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.frombuffer(buffer.getbuffer(), dtype=torch.uint8)


def loaded(folder: str, which: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.load(f"{folder}/{int(which)}.pt").values())


def damaged(content: torch.Tensor) -> torch.Tensor:
    spoiled = content.clone()
    spoiled[len(spoiled) // 2] ^= 1
    return spoiled


Mistake = Callable[..., Any]
SAVING: dict[str, Mistake] = {
    "in half precision": lambda tensors: saved(files.named([tensor.half() for tensor in tensors])),
    "rounded to bfloat16": lambda tensors: saved(files.named([tensor.bfloat16().float() for tensor in tensors])),
    "the last tensor is left out": lambda tensors: saved(files.named(tensors[:-1])),
    "in another order": lambda tensors: saved(files.named(tensors[::-1])),
    "under other names": lambda tensors: saved({f"layer{i}": tensor for i, tensor in enumerate(tensors)}),
    "upside down": lambda tensors: saved(files.named([tensor.flip(0) for tensor in tensors])),
    "one bit of a number": lambda tensors: damaged(
        torch.cat([tensor.flatten() for tensor in tensors]).view(torch.uint8)
    ),
    "one bit of an archive": lambda tensors: damaged(saved(files.named(tensors))),
    "half a file": lambda tensors: saved(files.named(tensors))[: 4 * 30_000],
    "nothing": lambda tensors: torch.zeros(0, dtype=torch.uint8),
}
LOADING: dict[str, Mistake] = {
    "always the first checkpoint": lambda folder, which: loaded(folder, torch.tensor(0)),
    "in another order": lambda folder, which: loaded(folder, which)[::-1],
    "without the last tensor": lambda folder, which: loaded(folder, which)[:-1],
    "in float64": lambda folder, which: [tensor.double() for tensor in loaded(folder, which)],
    "flat": lambda folder, which: [tensor.flatten() for tensor in loaded(folder, which)],
    "rounded to bfloat16": lambda folder, which: [tensor.bfloat16().float() for tensor in loaded(folder, which)],
    "not filled": lambda folder, which: [torch.zeros_like(tensor) for tensor in loaded(folder, which)],
}
MISTAKES = {
    "checkpoint.save": SAVING,
    "checkpoint.load": LOADING,
    "checkpoint.load_cold": LOADING,
    "checkpoint.to_device": LOADING,
    "checkpoint.model": {
        "weights as they were drawn": lambda folder, which: [p.detach() for p in network().parameters()],
        "biases first": lambda folder, which: [loaded(folder, which)[i] for i in (1, 0, 3, 2, 5, 4)],
        "always the first checkpoint": LOADING["always the first checkpoint"],
    },
}


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name, all_ in MISTAKES.items() for mistake in all_])
def test_the_gate_knows_the_mistakes_of_checkpoints(name: str, mistake: str):
    truth = truth_of(name, 1)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


@pytest.mark.parametrize(
    ("name", "case", "moved"),
    [
        ("save", "mlp", 2 * 4 * 669_706),
        ("load", "1000x100", 2 * 4 * 100_000),
        ("load", "mlp-x8", 8 * 2 * 4 * 669_706),
        ("load_cold", "mlp", 2 * 4 * 669_706),
        ("model", "mlp", 2 * 4 * 669_706),
        ("to_device", "mlp", 2 * 4 * 669_706),
    ],
)
def test_the_work_by_hand(name: str, case: str, moved: int):
    component, found = some(f"checkpoint.{name}", case)
    assert (component.flops(found), component.bytes(found)) == (0, moved)


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    names = {variant.name for variant in catalogue.variants(name)}
    only = {variant for case in component.cases for variant in case.only}
    assert {component.baseline, *component.work, *only} <= names
