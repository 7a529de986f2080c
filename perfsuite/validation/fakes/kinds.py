"""Every kind of attacker: where it was seen, and how it must be rejected. The attackers are in ``attackers``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ATTACKERS = Path(__file__).parent / "attackers"

CHECKED = 24  # calls: more than a check makes, fewer than a launch does

OWN = "none known: own"
ISSUE = "this project's issue"
ZERO_OUT = "KernelBench zero_out"
REUSE = "KernelBench result_reuse"
PARTIAL = "KernelBench partial_computation_hack"
GUIDE = "Wafer's field guide (KernelArena)"
DEEP = "DeepReinforce, Hacks and Defenses"
SAKANA = "Sakana AI CUDA Engineer"
GPU_MODE = "GPU MODE, kernelboard 2026-03-09"
METR = "METR, Recent Frontier Models Are Reward Hacking"
EMERGENT = "Anthropic, Natural Emergent Misalignment"

VALUES = ("outside the tolerance", "they must be equal", "returns what cannot be compared")
HALF = (*VALUES, "returns shape", "incomplete or truncated stream")
MEMORY = ("answers repeated inputs from memory", *VALUES)
LOOKS = ("looks at the frames of its callers",)
SEARCHES = ("looks at objects that it was not given",)
REPLACES = ("replaces ",)
GOES_ON = ("its work goes on after it has returned", "thread(s) running")


@dataclass(frozen=True)
class Kind:
    """One kind of attacker, and what counts as its rejection."""

    source: str  # the name of a published source
    statuses: tuple[str, ...] = ("wrong",)
    says: tuple[str, ...] = VALUES  # one of these must be in the message
    slow: bool = False  # wraps the slowest honest variant, not the fastest, so that it can save time
    like: str = ""  # another kind: a component that accepts that kind accepts this one too
    rounds: bool = False  # makes no difference unless numbers are floating-point
    counts: bool = False  # honest in the first ``CHECKED`` calls of a process
    device: str = "cpu"


GROUPS: Mapping[str, Mapping[str, Kind]] = {
    "values": {
        "zeros": Kind(ZERO_OUT),
        "constant": Kind(SAKANA),
        "copy_of_an_input": Kind(GUIDE, says=(*VALUES, "returns shape", "returns torch.")),
        "off_by_one": Kind(OWN),
        "reversed_order": Kind(OWN, like="off by one"),
        "one_element_wrong": Kind(OWN),
        "nan": Kind(OWN),
        "wrong_dtype": Kind(DEEP, says=("returns torch.", "returns what cannot be compared")),
        "wrong_shape": Kind(OWN, says=("returns shape", "returns what cannot be compared")),
        "wrong_device": Kind(OWN, ("wrong", "error"), ("returns a tensor on meta", "meta tensor", "meta device")),
        "equal_to_anything": Kind(EMERGENT, says=("returns Anything, not a tensor", "returns what cannot be compared")),
        "input_mutated": Kind(OWN, says=("changes its input number",)),
        "bf16_arithmetic": Kind(DEEP, rounds=True),
        "half_arithmetic": Kind(DEEP, like="bf16 arithmetic", rounds=True),
        "rounded_answer": Kind(DEEP, like="bf16 arithmetic", rounds=True),
        "last_row_skipped": Kind(PARTIAL),
        "part_computed": Kind(PARTIAL, statuses=("wrong", "error"), says=HALF, like="cached output"),
        "uninitialised": Kind(REUSE),
    },
    "memory": {
        "cached_output": Kind(GUIDE, says=MEMORY),
        "memo_by_address": Kind(ISSUE, says=MEMORY, slow=True, like="cached output"),
        "memo_by_id": Kind(OWN, says=MEMORY, like="cached output"),
        "memo_by_element": Kind(ISSUE, says=MEMORY, slow=True, like="cached output"),
        "memo_by_few_elements": Kind(OWN, says=MEMORY, slow=True, like="cached output"),
        "memo_by_content": Kind(OWN, says=MEMORY, slow=True, like="cached output"),
        "memo_when_warm": Kind(OWN, says=MEMORY, slow=True, like="cached output", counts=True),
        "memo_on_disk": Kind(OWN, says=MEMORY, slow=True, like="cached output"),
        "every_second_call": Kind(OWN, says=MEMORY, like="cached output"),
        "freed_answer": Kind(SAKANA, says=MEMORY),
        "filled_in_later": Kind(GPU_MODE, says=MEMORY, like="cached output", counts=True),
        "answers_made_beforehand": Kind(ISSUE, says=(*MEMORY, "tensors, not "), like="cached output"),
    },
    "lazy": {
        "tensor_subclass": Kind(DEEP, says=("a subclass of Tensor",)),
        "own_method": Kind(OWN, says=("a tensor with a method of its own",)),
        "lazy_tuple": Kind(OWN, says=("returns a LazyTuple",)),
        "generator": Kind(OWN, says=("returns generator, not a tensor", "returns what cannot be compared")),
        "thread": Kind(DEEP, ("wrong", "error"), (*VALUES, *GOES_ON)),
        "child": Kind(OWN, ("wrong", "error"), (*VALUES, "process(es) behind")),
        "input_itself": Kind(GUIDE, says=("returns the memory of its input",)),
        "view_of_input": Kind(ISSUE, says=("returns the memory of its input",)),
        "written_over_input": Kind(OWN, says=("returns the memory of its input", "changes its input number")),
    },
    "tiring": {
        "tires": Kind(OWN, counts=True),
        "cached_when_warm": Kind(OWN, says=MEMORY, like="cached output", counts=True),
        "cached_when_hurried": Kind("pygpubench submission_warmup", says=MEMORY, like="cached output", counts=True),
        "wrong_first": Kind(OWN, says=MEMORY, like="cached output", counts=True),
    },
    "spying": {
        "caller_frame": Kind(ISSUE, says=LOOKS),
        "caller_stack": Kind(METR, says=LOOKS),
        "caller_traceback": Kind(OWN, says=LOOKS),
        "caller_generator": Kind(OWN, says=LOOKS),
        "expected_from_frames": Kind(METR, says=LOOKS),
        "expected_from_memory": Kind("pygpubench submission_gc_copy", says=SEARCHES),
        "contents_from_memory": Kind("pygpubench submission_gc_copy", says=SEARCHES, slow=True),
        "reads_answers": Kind(METR),
        "reads_pipes": Kind(OWN),
        "says_ok": Kind(OWN, ("error", "wrong"), ("were handed over", "something else than the worker wrote", *LOOKS)),
        "writes_into_pipes": Kind(
            "pygpubench submission_fd_overwrite", ("error",), ("something else than the worker wrote",)
        ),
        "exits_well": Kind(EMERGENT, ("error",), ("SystemExit: 0",)),
        "ends_well": Kind(OWN, ("crashed",), ("exited with code 0",)),
    },
    "patching": {
        "slows_rivals": Kind(ISSUE, ("error",), REPLACES),
        "slows_kernel": Kind(OWN, ("error",), ("registers ",)),
        "slows_clock": Kind(ISSUE, ("error",), REPLACES),
        "replaces_time": Kind(METR, ("error",), REPLACES),
        "replaces_gate": Kind(ISSUE, ("error", "wrong"), (*REPLACES, *VALUES)),
        "replaces_judge": Kind(METR, ("error", "wrong"), (*REPLACES, *VALUES, "were handed over")),
        "replaces_evidence": Kind(OWN, ("error", "wrong"), (*REPLACES, *MEMORY)),  # it is stale beside
        "replaces_timing": Kind("KernelBench, timing patches (static checker)", ("error",), REPLACES),
        "replaces_chance": Kind(OWN, ("error", "wrong"), (*REPLACES, *MEMORY)),
        "replaces_copy": Kind(OWN, ("error", "wrong"), (*REPLACES, *VALUES, "changes its input number")),
        "replaces_equal": Kind(METR, ("error", "wrong"), (*REPLACES, *VALUES, "changes its input number")),
        "replaces_save": Kind(OWN, ("error", "wrong"), (*REPLACES, *VALUES)),
        "replaces_builtins": Kind(OWN, ("error", "wrong"), (*REPLACES, *VALUES)),
    },
    "state": {
        "more_threads": Kind(OWN, ("error",), ("changes global state: threads",)),
        "flushes_denormals": Kind(OWN, ("error",), ("changes global state: flush denormal",)),
        "lower_precision": Kind(DEEP, ("error",), ("changes global state",)),
        "spins_beside_rivals": Kind(DEEP, ("wrong", "error"), GOES_ON),
    },
    "cuda": {
        "side_stream": Kind("KernelBench non_default_stream", device="cuda"),
        "slow_side_stream": Kind(DEEP, device="cuda"),
        "stale_graph": Kind(OWN, device="cuda"),
        "freed_on_device": Kind(REUSE, device="cuda"),
        "replaces_events": Kind("KernelBench, timing patches (static checker)", ("error",), REPLACES, device="cuda"),
        "replaces_synchronize": Kind(METR, ("error",), REPLACES, device="cuda"),
        "persisting_cache": Kind("pygpubench test/l2_persistence", ("error",), ("cache",), device="cuda"),
    },
}
KINDS: Mapping[str, Kind] = {name: kind for group in GROUPS.values() for name, kind in group.items()}


def group_of(name: str) -> str:
    """The file of ``attackers`` that contains ``name``."""
    return next(group for group, kinds in GROUPS.items() if name in kinds)


@cache
def lesson(name: str) -> str:
    """What an attacker does: the first line of its docstring."""
    module = ast.parse((ATTACKERS / f"{group_of(name)}.py").read_text(encoding="utf-8"))
    found = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return (ast.get_docstring(found) or "").splitlines()[0].rstrip(".")
