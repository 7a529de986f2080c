"""The states that are saved and loaded, their files, and the tolerance and work of any component on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perfsuite.host import data
from perfsuite.model.component import Case, Inputs

# Weights and biases of 784-512-512-10 (669,706 numbers) and of LeNet-5 (61,706).
NETWORKS = {
    "mlp": ((512, 784), (512,), (512, 512), (512,), (10, 512), (10,)),
    "lenet": ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)),
}
CHECKPOINTS = 3  # for each case: as many as there are seeds in a proof


def network(name: str, **more: Any) -> Case:
    """The state of one network; ``mlp`` and ``lenet`` are from the source."""
    shape = {"network": name}
    return Case(name, shape, series="numbers", size=_count(NETWORKS[name]), **more)


def copies(count: int, **more: Any) -> Case:
    """The state of ``count`` networks like ``mlp``."""
    shape = {"network": "mlp", "copies": count}
    return Case(f"mlp-x{count}", shape, series="numbers", size=count * _count(NETWORKS["mlp"]), **more)


def small(count: int, **more: Any) -> Case:
    """``count`` tensors of a hundred numbers each: the cost of a tensor, however small."""
    return Case(f"{count}x100", {"count": count}, **more)


def shapes(case: Case) -> tuple[tuple[int, ...], ...]:
    """The shapes of the state's tensors."""
    if "count" in case.shape:
        return ((100,),) * int(case.shape["count"])
    return NETWORKS[case.shape["network"]] * int(case.shape.get("copies", 1))


def numbers(case: Case) -> int:
    """How many numbers the state has."""
    return _count(shapes(case))


def _count(shapes: tuple[tuple[int, ...], ...]) -> int:
    total = 0
    for shape in shapes:
        product = 1
        for side in shape:
            product *= side
        total += product
    return total


def drawn(case: Case, generator: Any) -> list[Any]:
    """The state's tensors, normal, as trained weights are to a compressor."""
    import torch

    return [torch.randn(shape, generator=generator) for shape in shapes(case)]


def named(tensors: list[Any]) -> dict[str, Any]:
    """The state: its tensors' names are their numbers."""
    return {f"{number:04}": tensor for number, tensor in enumerate(tensors)}


def stored(case: Case) -> Path:
    """The folder with the case's checkpoints: ``0.pt``, ``1.pt``, ... and ``0.safetensors``, ..."""
    formats = tuple(WRITERS) if case.name in NETWORKS else (".pt", ".safetensors", ".raw")

    def make(folder: Path) -> None:
        import torch

        for number in range(CHECKPOINTS):
            tensors = drawn(case, torch.Generator().manual_seed(number))
            for suffix in formats:
                WRITERS[suffix](named(tensors), folder / f"{number}{suffix}")

    return data.made(f"checkpoint-{case.name}", 1, make)


def choose(folder: Path, generator: Any) -> Inputs:
    """The folder and the number of the checkpoint to load, which changes with the seed."""
    import torch

    return str(folder), torch.tensor(generator.initial_seed() % CHECKPOINTS)


def read(folder: str, which: Any) -> list[Any]:
    """A checkpoint in float64, from its ``safetensors`` file, parsed here: no loader under test is used."""
    import torch

    content = Path(folder, f"{int(which)}.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    found = []
    for name in sorted(header):
        first, last = header[name]["data_offsets"]
        flat = torch.frombuffer(bytearray(content[start + first : start + last]), dtype=torch.float32)
        found.append(flat.view(header[name]["shape"]).double())
    return found


def _torch(state: dict[str, Any], path: Path) -> None:
    import torch

    torch.save(state, path)


def _legacy(state: dict[str, Any], path: Path) -> None:
    import torch

    torch.save(state, path, _use_new_zipfile_serialization=False)


def _archive(state: dict[str, Any], path: Path) -> None:
    import numpy

    numpy.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})


def _compressed(state: dict[str, Any], path: Path) -> None:
    import numpy

    numpy.savez_compressed(path, **{name: tensor.numpy() for name, tensor in state.items()})


def _raw(state: dict[str, Any], path: Path) -> None:
    path.write_bytes(b"".join(tensor.numpy().tobytes() for tensor in state.values()))


def _safetensors(state: dict[str, Any], path: Path) -> None:
    """The format by hand, so that its file is there without its library: JSON, padded to 8 bytes, and the numbers."""
    header, start = {}, 0
    for name, tensor in state.items():
        end = start + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(t.numpy().tobytes() for t in state.values()))


WRITERS = {
    ".pt": _torch,
    ".legacy.pt": _legacy,
    ".npz": _archive,
    ".compressed.npz": _compressed,
    ".raw": _raw,
    ".safetensors": _safetensors,
}


def exact(case: Case, expected: Any, *inputs: Any) -> Any:
    """Saving and loading change no bit."""
    return 0.0


def nothing(case: Case) -> int:
    """No arithmetic."""
    return 0


def moved(case: Case) -> int:
    """Every number read once and written once, in four bytes."""
    return 2 * 4 * numbers(case)
