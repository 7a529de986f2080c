"""The FLOPs that components declare, against what torch counts: every component, wherever torch counts anything.

torch counts products, convolutions and attention; it has no formula for other operators. The least that a variant needs
is what its component declares. Where that is another number, a table below says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared

from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case, Component
from perfsuite.project import catalogue
from perfsuite.proving import gate

MORE = {  # component -> the arithmetic that it declares and torch has no formula for
    "broadcast.merge": "adding the two biases",
    "einsum.epilogue": "adding the bias, and the function after it",
    "hf.finetune": "the steps of the optimizer",
    "images.rotate": "interpolation between pixels",
    "layers.attention": "softmax",
    "layers.lstm": "gates",
    "layers.rnn": "the activation",
    "models.modes": "normalisation",
    "smallops.operators": "elementwise operators",
    "training.breakdown": "the steps of the optimizer",
    "training.compiled_step": "the steps of the optimizer",
    "training.epoch": "the steps of the optimizer",
    "training.running_loss": "the steps of the optimizer",
}
LESS = {  # component -> why its variants do more than the result needs
    "einsum.bilinear_one": "in the other order the second product is one of vectors",
    "hf.generate": "the last token of a text needs no further pass",
    "hf.padding": "padded tokens",
    "hf.pipeline": "padded tokens",
    "hf.pruned": "products with zeros",
    "models.steps_to_fit": "the number of steps depends on the numbers drawn",
    "models.summary": "sizes alone need no arithmetic",
    "optim.adam_fit": "all products of features, of which torch.matmul computes each twice",
    "optim.line_fit": "the same",
    "smallops.batch_gather": "copying needs no arithmetic, a product with ones and zeros does",
    "smallops.row_sum": "a product with ones multiplies",
    "tblog.graph": "a graph can be drawn without running it",
    "training.time_to_loss": "the number of epochs is the question, so one is declared",
}
UNSEEN = {  # variants whose products torch does not count all: in-place addmm_, outer products, native code
    "backprop.backward": ("layers_outer",),
    "backprop.step": ("functions", "layers", "autograd_function", "written_out"),
    "layers.lstm": ("input_first",),
    "layers.rnn": ("input_first",),
    "losses.linear_cross_entropy": ("chunked",),
    "optim.epoch": ("written_out",),
    "training.epoch": ("written_out",),
}
NOTHING = {  # why torch counts nothing -> the components that declare arithmetic
    "elementwise functions, sums and comparisons": """
    autograd.hessian autograd.hessian_vector autograd.scalar backprop.mse broadcast.add broadcast.image
    broadcast.squared_error einsum.elementwise einsum.outer einsum.sums einsum.trace images.augment
    images.crop_invert images.items images.jitter images.mean_std images.normalise layers.batch_norm
    layers.batch_norm_eval layers.class_label layers.normalise layers.relu layers.relu_gradient
    losses.binary_cross_entropy losses.cross_entropy losses.denormals losses.likelihood losses.logsumexp
    losses.mean_squared_error losses.one_hot losses.softmax losses.softmax_columns matmul.compare_mean
    matmul.norm noise.elementwise noise.softmax optim.adam_step optim.sgd_step optim.zero_grad
    smallops.accuracy smallops.many_small smallops.square tensors.dirichlet tensors.elements
    tensors.from_list tensors.normal tensors.permuted tensors.uniform timing.checks timing.seeding
    training.progress transfer.add transfer.batch transfer.scale transfer.triad
    """,
    "the same, in torch, numpy, an image library or a worker's process": """
    dataload.decode dataload.images dataload.labels dataload.points dataload.split dataload.to_device
    tblog.audio tblog.embedding tblog.histograms tblog.images tblog.pr_curve
    """,
}
WITHOUT = " ".join(NOTHING.values()).split()
SLOW = ("checkpoint.", "dataload.", "hf.", "tblog.", "training.")


def smallest(component: Component) -> Case:
    cases = [case for case in component.cases if not case.opt_in] or list(component.cases)
    return min(cases, key=lambda case: (component.flops(case), component.bytes(case)))


def counted(component: Component, case: Case) -> dict[str, int]:
    """What torch counts in a warm call of each variant that runs here, where it counts anything."""
    inputs = component.inputs(case, torch.Generator().manual_seed(0))
    found = {}
    for variant in catalogue.variants(component.name):
        left_out = case.only and variant.name not in case.only
        if left_out or preparing.missing(variant.needs, "eager", "cpu"):
            continue
        try:
            call = whole(component, prepared(component.name, variant.name, gate.copy(inputs, "cpu")))
            call()
        except NotImplementedError:  # needs what is not here
            continue
        with FlopCounterMode(display=False) as counter:
            call()
        found[variant.name] = int(counter.get_total_flops())
    return {name: number for name, number in found.items() if number}


def whole(component: Component, call: Callable[[], Any]) -> Callable[[], Any]:
    """A call, whose stream is read to its end."""
    return (lambda: [None for _ in call()]) if component.stream else call


NAMES = list(catalogue.components())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * name.startswith(SLOW)) for name in NAMES]
)
def test_what_a_component_declares_is_what_torch_counts(name: str):
    component = catalogue.component(name)
    if component.count:
        return  # not declared: counted
    case = smallest(component)
    declared, found = component.flops(case), counted(component, case)
    unseen = {variant: found.pop(variant) for variant in UNSEEN.get(name, ()) if variant in found}
    assert all(number < declared for number in unseen.values()), f"no longer unseen: {unseen}, declared {declared}"
    least = min(found.values(), default=None)
    if least is None and not unseen:
        assert (declared > 0) == (name in WITHOUT), f"declares {declared}, torch counts nothing: say why in NOTHING"
    elif name in MORE:
        assert least is not None and least < declared < 1.3 * least, found
    elif name in LESS:
        assert least is not None and least > declared, found
    else:
        assert least == declared or (least is None and unseen), found
        assert name not in WITHOUT, "torch counts now"


def test_the_tables_name_components():
    assert {*MORE, *LESS, *UNSEEN, *WITHOUT} <= set(NAMES)
    assert len(WITHOUT) == len(set(WITHOUT)) and not {*MORE, *LESS} & set(WITHOUT)
    assert not MORE.keys() & LESS.keys()
    for name, variants in UNSEEN.items():
        assert set(variants) <= {variant.name for variant in catalogue.variants(name)}
