"""CK-01, CK-02, CK-03: from a file to a network that can be called."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from benchmarks.components.checkpoint import _states as states
from perfsuite.host import data
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A folder, the same for all seeds, and the number of the checkpoint in it, int64 (), which the seed chooses."""
    import torch

    return states.choose(data.made(f"checkpoint-model-{torch.__version__}", 1, make), generator)


def make(folder: Path) -> None:
    """Three networks, drawn as torch draws them, in each format.

    A pickled class and a graph belong to the torch that wrote them: the folder is named after it.
    """
    import torch
    from torch import nn

    for number in range(states.CHECKPOINTS):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(number)
            network = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
        network.eval()
        x = torch.zeros(1, 784)
        torch.save(network.state_dict(), folder / f"{number}.pt")
        torch.save(network, folder / f"{number}.model.pt")
        states.WRITERS[".safetensors"](network.state_dict(), folder / f"{number}.safetensors")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.save(torch.jit.trace(network, x), folder / f"{number}.script.pt")
            torch.export.save(torch.export.export(network, (x,)), folder / f"{number}.pt2")


def reference(case: Case, folder: str, which: Any) -> Any:
    """The parameters in float64, in the order of the network: in the file ``0.bias`` comes before ``0.weight``."""
    found = states.read(folder, which)
    return [found[place] for place in (1, 0, 3, 2, 5, 4)]


COMPONENT = Component(
    name="checkpoint.model",
    title="A network loaded",
    question="What does it cost to restore a network, from its state or from a file with the whole network?",
    rows=("CK-01", "CK-02", "CK-03"),
    cases=(Case("mlp", {"network": "mlp"}),),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="build_then_copy",
    devices=("cpu",),
    accepts={"bf16 arithmetic": "The numbers come from a file: there is nothing to round first."},
    work={
        "exported": "Also checks the graph and builds a module to run it.",
        "script": "Also builds the graph.",
        "build_then_copy": "Draws random weights and overwrites them.",
        "safetensors_load_model": "Draws random weights and overwrites them.",
        "whole_model": "Would run any code that the file names.",
    },
    left_out={
        "cloudpickle": "It adds the source of classes that cannot be imported; a restricted torch.load rejects it.",
        "AOTInductor": "Its package is compiled code: loading it means loading a library, which belongs to models.",
    },
)
