"""Components: a component is a problem that several variants solve. Plain values; only their calls import torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Inputs = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """One size and dtype of a component's inputs."""

    name: str  # as in the cell: "5x784x10", "256-bf16"; letters, digits, '.', '_', '-'
    shape: Mapping[str, Any]  # read by the component's own functions: {"m": 5, "k": 784, "n": 10}
    dtype: str = "float32"  # torch's name of the output's dtype
    series: str = ""  # cases of one series make one curve of time against size; "" for none
    size: int = 0  # x of that curve; also used to predict the time of long calls
    threads: tuple[str, ...] = ("1",)  # "1", "all": torch threads
    only: tuple[str, ...] = ()  # the variants that run this case; () means all
    compiled: tuple[str, ...] | None = None  # those that also run under torch.compile; None: the component's list
    cold: tuple[str, ...] = ()  # the variants that are also timed with flushed caches
    opt_in: str = ""  # why this case runs only when requested by name: "0.8 GB"
    memory: int = 0  # bytes that must be free; otherwise the case is skipped with a reason

    def __getattr__(self, name: str) -> Any:
        """A value of ``shape``, so that a component's functions can write ``case.b``."""
        shape = self.__dict__.get("shape", {})
        if name in shape:
            return shape[name]
        raise AttributeError(f"this case has no {name!r}; it has {', '.join(shape) or 'no values'}")


@dataclass(frozen=True)
class Derived:
    """Values derived from the inputs of one seed, if a component does not declare them."""

    expected: Any  # the result in float64 (or exact integers, bools)
    bound: Any  # allowed |error|, same structure
    dtypes: tuple[str, ...]  # of the leaves of the result
    bytes: int


@dataclass(frozen=True)
class Component:
    """One problem worth computing several ways: one input signature, one float64 reference, one work model."""

    name: str  # "<family>.<file>"
    title: str  # a few words: "Matrix product, 5x784 @ 784x10 and squares"
    question: str  # the question that the report page answers, one or two sentences
    rows: tuple[str, ...]  # ids of the catalogue: ("MM-01", "MM-06")
    cases: tuple[Case, ...]
    inputs: Callable[[Case, Any], Inputs]  # (case, torch.Generator on the CPU) -> inputs of each variant, on the CPU
    reference: Callable[..., Any]  # (case, *inputs) -> the result in float64 (or exact integers, bools)
    tolerance: Callable[..., Any]  # (case, reference, *inputs) -> bound on |error|, broadcastable to the reference
    flops: Callable[[Case], int]  # arithmetic that the problem needs, independent of the variant
    bytes: Callable[[Case], int]  # compulsory traffic: each input read once, each output written once
    baseline: str  # the variant that speed-ups are relative to
    compiled: tuple[str, ...] = ()  # variants that also run under torch.compile
    graphed: tuple[str, ...] = ()  # variants that also run as a CUDA graph
    devices: tuple[str, ...] = ("cpu", "cuda")
    canonical: Callable[[Case, Any], Any] | None = None  # (case, output) -> the form compared with the reference
    stream: bool = False  # the output is an iterable: first item, steady rate and whole are timed separately
    timeline: bool = False  # for a stream: it yields the name of each part of its work when done, and its result last
    quick_again: Mapping[str, str] = field(
        default_factory=dict
    )  # variant -> why it may be much faster on contents that it has just seen
    aliases: str = ""  # why an output may share memory with an input here; "": each result is a new tensor
    accepts: Mapping[str, str] = field(default_factory=dict)  # kind of wrong variant -> why it is right here
    work: Mapping[str, str] = field(default_factory=dict)  # variant -> extra work that the others do not do
    published: Mapping[str, tuple[float, ...]] = field(
        default_factory=dict
    )  # variant -> seconds, one position per source, nan if missing
    published_case: str = ""  # the case that the published figures belong to
    left_out: Mapping[str, str] = field(default_factory=dict)  # in the catalogue but not implemented -> why
    variants: Mapping[str, str] = field(
        default_factory=dict
    )  # variant -> "package.module:name"; empty: the functions in the file of the component's name in the first package
    made: Mapping[str, Any] = field(default_factory=dict)  # variant -> what its component was given for it
    executors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # variant -> its executors; others: eager
    derive: Callable[[Case, Inputs], Derived] | None = None  # replaces reference, tolerance and bytes
    count: Callable[[Case, Inputs], int] | None = None  # replaces flops
    defaults: Mapping[str, str] = field(default_factory=dict)  # undeclared part -> how it is derived
    mode: str = ""  # of variants that make modules: "forward", "backward", "step"; "": variants are plain functions
    state: Callable[[Case], Mapping[str, Any]] | None = None  # the state dict loaded into all modules of a case
    call: Callable[..., Any] | None = None  # (factory, case, state) -> the callable to time, if ``mode`` is set
    version: str = "1"  # increase it when the inputs or the work change: older results stop being comparable
