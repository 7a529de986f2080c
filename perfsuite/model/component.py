"""What a component is: the problem that several variants solve. Plain values; torch is imported only in their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Inputs = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """One size and dtype of a component's inputs."""

    name: str  # as in the cell: "5x784x10", "256-bf16"; letters, digits, '.', '_', '-'
    shape: Mapping[str, Any]  # what the component's own functions read: {"m": 5, "k": 784, "n": 10}
    dtype: str = "float32"  # torch's name of the output's dtype
    series: str = ""  # cases of one series make one curve of time against size; "" joins none
    size: int = 0  # x of that curve; also what the prediction of long calls goes by
    threads: tuple[str, ...] = ("1",)  # "1", "all": torch threads
    only: tuple[str, ...] = ()  # the variants that join this case; () is all
    compiled: tuple[str, ...] | None = None  # those that also run under torch.compile; None is the component's own list
    cold: tuple[str, ...] = ()  # the variants that are also timed with flushed caches
    opt_in: str = ""  # why this case runs only when it is asked for by name: "0.8 GB"
    memory: int = 0  # bytes that must be free; skipped with the reason otherwise


@dataclass(frozen=True)
class Component:
    """One problem worth computing several ways: one input signature, one float64 reference, one work model."""

    name: str  # "<family>.<file>"
    title: str  # a few words: "Matrix product, 5x784 @ 784x10 and squares"
    question: str  # the question that the page answers, one or two sentences
    rows: tuple[str, ...]  # ids of the catalogue: ("MM-01", "MM-06")
    cases: tuple[Case, ...]
    inputs: Callable[[Case, Any], Inputs]  # (case, torch.Generator on the CPU) -> what each variant gets, on the CPU
    reference: Callable[..., Any]  # (case, *inputs) -> the answer in float64 (or exact integers, bools)
    tolerance: Callable[..., Any]  # (case, reference, *inputs) -> bound on |error|, broadcastable to the reference
    flops: Callable[[Case], int]  # arithmetic that the problem needs, whatever the variant does
    bytes: Callable[[Case], int]  # compulsory traffic: each input read once, each output written once
    baseline: str  # the variant that "times faster" is counted from
    compiled: tuple[str, ...] = ()  # variants that also run under torch.compile
    graphed: tuple[str, ...] = ()  # variants that also run as a CUDA graph
    devices: tuple[str, ...] = ("cpu", "cuda")
    canonical: Callable[[Case, Any], Any] | None = None  # (case, output) -> what is compared with the reference
    stream: bool = False  # the output is an iterable: first item, steady rate and whole are timed apart
    timeline: bool = False  # of a stream: it tells the name of each part of its work when that is done, its answer last
    quick_again: Mapping[str, str] = field(
        default_factory=dict
    )  # variant -> why it may take much less time on contents that it has just seen
    aliases: str = ""  # why an output may lie in the memory of an input here; "": each answer is new
    accepts: Mapping[str, str] = field(default_factory=dict)  # kind of wrong variant -> why it is right here
    work: Mapping[str, str] = field(default_factory=dict)  # variant -> what it does that the others do not
    published: Mapping[str, tuple[float, ...]] = field(
        default_factory=dict
    )  # variant -> seconds, one place per source, nan for none
    published_case: str = ""  # the case that the published figures belong to
    left_out: Mapping[str, str] = field(default_factory=dict)  # named in the catalogue, not built: why
    version: str = "1"  # raise it when the inputs or the work change: older results stop being comparable
