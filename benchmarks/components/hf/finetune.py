"""HF-05: fine-tuning a small DistilBERT, 2 steps on 4 texts as in the source, and more of them."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._models import TINY, classifier, classify, drawn, layers, numbers, products
from perfsuite.model.component import Case, Component, Inputs

BATCH, TOKENS, RATE = 2, 16, 5e-5


def inputs(case: Case, generator: Any) -> Inputs:
    """``ids`` and ``mask`` (texts, 16), ``labels`` (texts,), the weights, and the number of heads.

    Texts have 8 to 16 words; what is left of 16 is padding.
    """
    import torch

    texts = BATCH * case.shape["steps"]
    lengths = torch.randint(TOKENS // 2, TOKENS + 1, (texts, 1), generator=generator)
    mask = (torch.arange(TOKENS) < lengths).long()
    ids = torch.randint(5, TINY["words"], (texts, TOKENS), generator=generator) * mask
    labels = torch.randint(2, (texts,), generator=generator)
    return ids, mask, labels, drawn(classifier(TINY), generator), TINY["heads"]


def reference(case: Case, ids: Any, mask: Any, labels: Any, weights: Any, heads: int) -> Any:
    """The gradients of cross entropy in float64, clipped, and the rule of Loshchilov and Hutter without decay."""
    import torch

    own = [tensor.double().requires_grad_() for tensor in weights]
    means, squares = ([torch.zeros_like(tensor) for tensor in own] for _ in range(2))

    def loss(batch: int) -> Any:
        rows = slice(BATCH * batch, BATCH * (batch + 1))
        chances = classify(own, TINY, ids[rows], mask[rows]).log_softmax(1)
        return -chances.gather(1, labels[rows, None]).mean()

    found = []
    for step in range(case.shape["steps"]):
        found.append(loss(step))
        slopes = torch.autograd.grad(found[-1], own)
        length = sum(float(slope.square().sum()) for slope in slopes) ** 0.5
        rate = RATE * (1 - step / case.shape["steps"])
        for p, slope, m, s in zip(own, slopes, means, squares, strict=True):
            slope = slope * min(1, 1 / (length + 1e-6))
            m.mul_(0.9).add_(0.1 * slope)
            s.mul_(0.999).add_(0.001 * slope.square())
            bias1, bias2 = 1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)
            p.detach().sub_(rate * (m / bias1) / ((s / bias2).sqrt() + 1e-8))
    return torch.stack([*found, loss(0)]).detach()


def tolerance(case: Case, expected: Any, ids: Any, mask: Any, labels: Any, weights: Any, heads: int) -> Any:
    """A loss is about 0.7 after some thousand roundings: a millionth.

    If a gradient is lost in rounding, Adam's step may go either way. But such a weight changes the loss by at most its
    gradient times the rate, and all of them together change it by another millionth per step.
    """
    return 2e-6 + 1e-6 * case.shape["steps"]


def flops(case: Case) -> int:
    """Three forward passes for each step, one more for the last batch, and AdamW's 12 operations for each number."""
    forward = products(TINY, BATCH * TOKENS, TOKENS)
    return int((3 * case.shape["steps"] + 1) * forward + 12 * case.shape["steps"] * numbers(classifier(TINY)))


def bytes(case: Case) -> int:
    """The layers' weights read; AdamW reads four numbers and writes three for each weight in each step."""
    return int(4 * layers(TINY) + 7 * 4 * case.shape["steps"] * numbers(classifier(TINY)))


def steps(count: int, **more: Any) -> Case:
    """``count`` steps."""
    return Case(str(count), {"steps": count}, series="steps", size=count, **more)


COMPONENT = Component(
    name="hf.finetune",
    title="Fine-tuning, from the trainer to functions",
    question="What does the trainer cost before its first step, and in each step?",
    rows=("HF-05",),
    cases=(steps(8), steps(2, only=("trainer", "loop", "functions")), steps(200, opt_in="a second or two per call")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="trainer",
    work={
        "trainer": "Is created again in each call; the time is linear in the number of steps.",
        "accelerate": "Is created again in each call.",
        "functions": "Makes batches by slicing instead of stacking texts.",
    },
    left_out={
        "DistilBERT's own size": "A step of AdamW on 66 million numbers is memory traffic: optim.adam_step.",
        "fp16, bfloat16": "The source uses fp16 on its GPUs: a different result.",
        "torch.compile": "A step takes a minute to compile; the families models and training measure it.",
        "activation checkpointing, accumulation": "With 32 tokens in a batch there is nothing to save.",
        "a frozen model, LoRA": "A different result: hf.lora.",
        "group_by_length": "hf.padding measures the cost of padding.",
        "DataParallel on two GPUs": "The source's single logged step comes from it; here both steps are run.",
    },
)
