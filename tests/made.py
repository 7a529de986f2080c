"""Runs that no machine measured: realistic, hostile and large ones, the same each time, for the tests of `reports`."""

from __future__ import annotations

import dataclasses
import random
import zlib
from collections.abc import Mapping
from typing import Any

from benchmarks.claims.claim import Claim, Finding
from benchmarks.claims.rules import At, Faster
from perfsuite.model.cell import Cell
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import (
    CompilerStart,
    Compiling,
    Cost,
    Fact,
    Launch,
    Problem,
    Proof,
    Record,
    Roof,
    Run,
    ShapeCall,
    Variant,
)

HOSTILE = (
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "$x$y_{",
    "a[b]",
    "\u202ertl\u200f",
    "long" * 75,
    "\U0001f525\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "{{7*7}}{%x%}",
    "'onmouseover='alert(3)",
    "javascript:alert(4)",
    "--><!--|`*_\n\t&amp;",
    ']]>\\"\u2028',
)
LAUNCHES, SAMPLES = 6, 30
COMPILING = Compiling(
    (2.4, 2.1, 2.2), (0.31, 0.29, 0.3), (ShapeCall("5x784x10", 2.2, 3e-5, 1), ShapeCall("64", 1.9, 2e-5, 1))
)
DISPATCH = 1.9e-6
FP32, BF16 = 165e9, 2.2e12
BANDWIDTH = {"L2": 137e9, "L3": 25e9, "DRAM": 14e9}

ROOFS = (
    Roof("fp32", "1", "cpu", FP32, 158e9, "FLOP/s", "mm of 1024 x 1024, float32"),
    Roof("fp32", "all", "cpu", 308e9, 290e9, "FLOP/s", "mm of 1024 x 1024, float32"),
    Roof("bf16", "1", "cpu", BF16, 1.1e12, "FLOP/s", "mm of 1024 x 1024, bfloat16"),
    *(
        Roof(name, "1", "cpu", value, 0.9 * value, "B/s", f"add(b, c, alpha=3, out=a) in {name}")
        for name, value in BANDWIDTH.items()
    ),
    *(
        Roof(f"{name} in place", "1", "cpu", 1.4 * value, 1.3 * value, "B/s", f"mul_(a, 1.0001) in {name}")
        for name, value in BANDWIDTH.items()
    ),
    Roof("dispatch", "", "cpu", DISPATCH, 1.1 * DISPATCH, "s", "neg of one element, out="),
    Roof("view", "", "cpu", 0.7e-6, 0.8e-6, "s", "a[:, 0]"),
    Roof("empty tensor", "", "cpu", 0.5e-6, 0.6e-6, "s", "torch.empty(1)"),
    Roof("L1 size", "1", "cpu", 48 * 2**10, 48 * 2**10, "B", "as the system tells"),
    Roof("L2 size", "1", "cpu", 2 * 2**20, 2 * 2**20, "B", "as the system tells"),
    Roof("L3 size", "1", "cpu", 64 * 2**20, 64 * 2**20, "B", "as the system tells"),
)
MACHINE: Mapping[str, Any] = {
    "cpu": "Intel(R) Xeon(R) Platinum 8581C CPU @ 2.30GHz",
    "family": "GenuineIntel 6 207 2",
    "arch": "x86_64",
    "cores": 2,
    "caches": {"L1d": 49152, "L2": 2097152, "L3": 67108864},
    "memory": 25769803776,
    "gpus": [],
    "flags": ["amx_bf16", "amx_int8", "avx2", "avx512f", "fma"],
    "virtual": True,
    "smt": True,
    "governor": "",
    "turbo": None,
    "huge_pages": "madvise",
    "system": "Linux",
    "kernel": "6.1.0",
}
ENVIRONMENT: Mapping[str, Any] = {
    "python": "3.11.9",
    "packages": {"torch": "2.15.0+cpu", "numpy": "2.4.6", "numba": "0.64.0"},
    "blas": "oneMKL 2025.3",
    "variables": {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": ""},
}

LADDER = {  # variant -> (lesson, body, needs)
    "loop": (
        "Three loops over tensor elements: every multiplication pays for several tensor objects.",
        """    (rows, depth), columns = a.shape, b.shape[1]
    c = torch.zeros(rows, columns, dtype=a.dtype, device=a.device)
    for i in range(rows):
        for j in range(columns):
            for k in range(depth):
                c[i, j] += a[i, k] * b[k, j]
    return c
""",
        (),
    ),
    "row_times_column": (
        "One loop less: the inner product is two tensor operations, so Python runs m*n times, not m*n*k.",
        """    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            c[i, j] = (a[i, :] * b[:, j]).sum()
    return c
""",
        (),
    ),
    "row_broadcast": (
        "Broadcast one row of a over the whole of b: Python runs m times, a (k, n) temporary is written each time.",
        """    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    for i in range(a.shape[0]):
        c[i] = (a[i].unsqueeze(-1) * b).sum(dim=0)
    return c
""",
        (),
    ),
    "full_broadcast": (
        "No Python loop at all, but a temporary of m*k*n elements: memory becomes the limit.",
        "    return (a[:, :, None] * b).sum(dim=1)\n",
        (),
    ),
    "einsum": (
        "Say what is summed and let the library choose: the same BLAS call behind some parsing and permuting.",
        '    return torch.einsum("ik,kj->ij", a, b)\n',
        (),
    ),
    "mm": (
        "One call of the BLAS: what is left at small sizes is the dispatch and the output's tensor object.",
        "    return torch.mm(a, b)\n",
        (),
    ),
    "mm_out": (
        "The same call into a tensor allocated before: no output object is made in the call.",
        """    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    return lambda: torch.mm(a, b, out=c)
""",
        (),
    ),
    "numpy": (
        "The same product in numpy's BLAS, on the tensors' own memory: another library, another dispatch.",
        "    return torch.from_numpy(a.numpy() @ b.numpy())\n",
        ("cpu",),
    ),
    "triton": (
        "A blocked kernel of our own: what a library does, in full.",
        "    return run(a, b)\n",
        ("cuda",),
    ),
}


def launches(
    seconds: float, rng: random.Random, start: float = 10.0, noise: float = 0.01, **parts: float
) -> tuple[Launch, ...]:
    """Samples around ``seconds``: one shift for each process, a little noise, a rare slow one."""
    result = []
    for number in range(LAUNCHES):
        shift = seconds * rng.lognormvariate(0, noise)
        walls = [shift * rng.lognormvariate(0, noise) * (1.8 if rng.random() < 0.03 else 1.0) for _ in range(SAMPLES)]
        begin = start + 95 * number
        at = tuple(begin + 0.2 * turn + rng.uniform(0, 0.15) for turn in range(SAMPLES))  # one round is 0.2 s
        result.append(
            Launch(
                launch=number,
                calls=max(1, round(1e-3 / seconds)),
                prepare=2e-6,
                first=seconds * 3 + 250e-6,
                at=at,
                wall=tuple(walls),
                parts={
                    name.replace("_", " "): tuple(part * wall / seconds for wall in walls)
                    for name, part in parts.items()
                },
            )
        )
    return tuple(result)


def variant(name: str, lesson: str, body: str, needs: tuple[str, ...] = (), signature: str = "a, b") -> Variant:
    """A variant as a record tells of it."""
    doc = f"{lesson}\n\nMM-01."
    source = f'def {name}({signature}):\n    """{lesson}\n\n    MM-01.\n    """\n{body}'
    return Variant(name, lesson, doc, source, f"{zlib.crc32(name.encode()):08x}", needs, prepared=name == "mm_out")


def matmul_seconds(way: str, m: int, k: int, n: int, dtype: str) -> tuple[float, int, int]:
    """``(seconds, operators, bytes of traffic)`` of one call, by a plain model of this kind of machine."""
    item = 4 if dtype == "float32" else 2
    peak = FP32 if dtype == "float32" else BF16
    product, compulsory = m * k * n, item * (m * k + k * n + m * n)
    ops = {
        "loop": 6 * product,
        "row_times_column": 5 * m * n,
        "row_broadcast": 4 * m,
        "full_broadcast": 3,
        "einsum": 3,
        "mm": 1,
        "mm_out": 1,
        "numpy": 2,
    }[way.partition(":")[0]]
    temporary = {"full_broadcast": 3 * item * product, "row_broadcast": 3 * item * product}.get(way, 0)
    traffic = compulsory + temporary + (12 * item * product if way in ("loop", "row_times_column") else 0)
    work = 2 * product / peak if "broadcast" not in way else 2 * product / peak * 4
    overhead = {"numpy": 2.6e-6, "einsum": 11e-6, "mm_out": 0.6e-6, "mm": 1.2e-6}.get(way, 4e-6)
    seconds = 0.55 * DISPATCH * ops + overhead + 1.06 * work + temporary / BANDWIDTH["L3"] + 0.5 * compulsory / 25e9
    if way.endswith(":compile"):
        seconds = 12e-6 + 1.08 * 2 * product / peak + (0.2 * temporary / BANDWIDTH["L3"])
        ops = 0
    return seconds, ops, traffic


def ladder_problem() -> Problem:
    """The matrix products of ``benchmarks/components/matmul/ladder.py``, as a record tells of them."""
    sizes = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
    return Problem(
        name="matmul.ladder",
        title="Matrix product, rung by rung",
        question="How much does each way of writing a matrix product cost, and how far is the best from the machine?",
        rows=("MM-01", "MM-06"),
        baseline="loop",
        version="1",
        variants=tuple(variant(name, *told) for name, told in LADDER.items()),
        cases=("5x784x10", *(f"{size}" for size in sizes), *(f"{size}-bf16" for size in sizes)),
        work={"mm_out": "writes into a tensor that was allocated before the clock"},
        published={
            "loop": (0.606, 0.330, 0.835, 1.12),
            "row_times_column": (1.57e-3, 709e-6, 1.39e-3, 1.72e-3),
            "row_broadcast": (421e-6, 289e-6, 254e-6, 325e-6),
            "einsum": (47.7e-6, 16.6e-6, 57.2e-6, 69.6e-6),
            "mm": (14e-6, float("nan"), 18.2e-6, 13.1e-6),
        },
        published_case="5x784x10",
        left_out={"cython": "the same loop as numba's, with a build step", "fp8": "no CPU kernel"},
    )


def ladder_records(rng: random.Random) -> list[Record]:
    """Every cell of the ladder; calls of more than two seconds are skipped, as a run does."""
    ways = [(name, "eager") for name in LADDER if name != "triton"]
    ways += [(name, "compile") for name in ("row_broadcast", "full_broadcast", "einsum", "mm")]
    cases = [("5x784x10", "float32", "", 0, (5, 784, 10))]
    for dtype, suffix in (("float32", ""), ("bfloat16", "-bf16")):
        cases += [
            (f"{size}{suffix}", dtype, f"square {dtype}", size, (size,) * 3)
            for size in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
        ]
    records = []
    for case, dtype, series, size, (m, k, n) in cases:
        item = 4 if dtype == "float32" else 2
        facts: dict[str, Any] = {
            "dtype": dtype,
            "series": series,
            "size": size,
            "flops": 2 * m * k * n,
            "bytes": item * (m * k + k * n + m * n),
        }
        for name, executor in ways:
            cell = Cell("matmul.ladder", name, executor, "cpu", case, "1")
            seconds, ops, traffic = matmul_seconds(cell.way, m, k, n, dtype)
            if seconds > 2:
                records.append(Record(str(cell), "skipped", f"one call would take about {seconds:.0f} s", **facts))
                continue
            compiled = executor == "compile"
            held = {"mm_out": 0, "full_broadcast": traffic // 3, "row_broadcast": traffic // 3}.get(name, item * m * n)
            records.append(
                Record(
                    str(cell),
                    "ok",
                    proof=Proof(
                        error=2e-6 * k**0.5,
                        share=min(0.9, 0.05 + 0.01 * len(name) + 0.3 * rng.random()),
                        seeds=3,
                        first=(1.9 + rng.random()) if compiled else 3 * seconds + 3e-4,
                        call=seconds,
                    ),
                    launches=launches(seconds, rng),
                    cost=Cost(
                        peak=held,
                        peak_is="exact",
                        allocations=None if compiled else max(1, ops // 2),
                        ops=None if compiled else ops,
                        views=None if compiled else ops // 2,
                        traffic=None if compiled else traffic,
                    ),
                    trace=f"traces/{cell.slug}.pt.trace.json.gz",
                    compiling=COMPILING if compiled and case == "5x784x10" else None,
                    **facts,
                )
            )
        for name in LADDER:
            cell = Cell("matmul.ladder", name, "eager", "cuda", case, "1")
            records.append(Record(str(cell), "skipped", "needs cuda", **facts))
        records.append(Record(f"matmul.ladder/triton/eager/cpu/{case}/1", "skipped", "needs cuda", **facts))
    return records


def loader() -> tuple[Problem, list[Record]]:
    """A stream: first item, steady rate and whole are timed apart."""
    rng = random.Random(7)
    rows = {
        "in_process": ("One process reads and collates.", 210e-6, 190e-6, 21e-6),
        "workers_2": ("Two workers: start-up is paid before the first item.", 2.4e-3, 1.9e-3, 48e-6),
        "whole_tensor": ("No items at all: slice the tensor.", 24e-6, 20e-6, 1.1e-6),
    }
    problem = Problem(
        name="dataload.workers",
        title="DataLoader workers on small data",
        question="When do worker processes pay for their start-up?",
        rows=("DL-01", "DL-02"),
        baseline="in_process",
        version="2",
        variants=tuple(
            variant(name, told[0], "    yield from batches\n", signature="data") for name, told in rows.items()
        ),
        cases=("64x784",),
        stream=True,
    )
    records = [
        Record(
            f"dataload.workers/{name}/eager/cpu/64x784/1",
            "ok",
            dtype="float32",
            bytes=64 * 784 * 4,
            proof=Proof(0.0, 0.0, 3, 1e-2, whole),
            launches=launches(whole, rng, start=12.0, noise=0.04, first_item=first, per_item=item),
            cost=Cost(None, "unknown: other processes", None, None, None, None),
        )
        for name, (_, whole, first, item) in rows.items()
    ]
    return problem, records


def faults() -> tuple[Problem, list[Record]]:
    """One cell of each status; those that are not ok hold samples all the same, and none may be shown."""
    rng = random.Random(11)
    told = {
        "good": ("ok", ""),
        "naive": ("wrong", "largest error 3.1e+38 is 4.0e+44 times the allowed one at seed 2"),
        "on_cuda": ("skipped", "needs cuda"),
        "raises": ("error", "RuntimeError: expected scalar type Float but found Double"),
        "hangs": ("timeout", "no answer for 60 s"),
        "dies": ("crashed", "the worker ended with signal 11 (SIGSEGV)"),
        "greedy": ("oom", "wanted 7.84 GB, 3.1 GB were free"),
        "cheats": ("impossible", "8.00 ns a call would be 1.00 TB/s, and memory up to L2 gives 60.0 GB/s at most here"),
        "wobbles": ("unstable", "launch medians lie 4.1 times apart"),
        "crowded": ("contended", "waited for a core 61 % of the time"),
    }
    problem = Problem(
        name="losses.softmax",
        title="Softmax that survives large numbers",
        question="What does stability cost, and which ways only look right?",
        rows=("LS-01",),
        baseline="good",
        version="1",
        variants=tuple(variant(name, f"The {name} way.", "    return x\n", signature="x") for name in told),
        cases=("1000",),
    )
    records = [
        Record(
            f"losses.softmax/{name}/eager/cpu/1000/1",
            status,
            reason,
            dtype="float32",
            flops=5000,
            bytes=8000,
            proof=Proof(1e-7, 0.4, 3, 87.654321, 87.654321),
            launches=launches(5e-6 if status == "ok" else 87.654321, rng),
            cost=Cost(4000, "exact", 2, 3, 0, 24000),
        )
        for name, (status, reason) in told.items()
    ]
    return problem, records


def findings() -> tuple[Finding, ...]:
    """One finding for each verdict."""
    figure = Estimate(66000.0, 65000.0, 67100.0, 0.96875, 6)
    told = (
        ("K01", "A GPU multiplies 16.2 times as fast.", "not testable here", None, "needs cuda"),
        ("K10", "einsum can be faster.", "size-dependent", Estimate(1.4, 1.3, 1.5, 0.96875, 6), "turns at 128"),
        ("K17", "A sum is 100 times as fast.", "undecided", Estimate(71.0, 40.0, 120.0, 0.75, 3), "too few launches"),
        ("K22", "50,000 times in all.", "verified", figure, "at 5x784x10 mm is 66,000x as fast as loop"),
        ("K28", "Compiled loops rival a BLAS.", "refuted", Estimate(0.04, 0.038, 0.041, 0.96875, 6), "at no size"),
    )
    return tuple(
        Finding(Claim(id, "the lesson", text, ("MM-01",), At(Faster("", (), (), 1.0), ""), ""), verdict, figure, detail)
        for id, text, verdict, figure, detail in told
    )


def run(problems: tuple[Problem, ...], records: tuple[Record, ...], **changes: Any) -> Run:
    """A run of these, on a machine that does not exist."""
    made = Run(
        run="20261121-235000-3f2a",
        started="2026-11-21T23:50:00Z",
        seconds=583.2,
        partial=False,
        selection="quick",
        command="python -m benchmarks run --quick",
        left_out="cells above 2 s and opt-in cases: python -m benchmarks run --full",
        commit="0123456789abcdef0123456789abcdef01234567",
        dirty=True,
        tree="5eed",
        machine=MACHINE,
        environment=ENVIRONMENT,
        machine_class="xeon-8581c-2c",
        roofs=ROOFS,
        problems=problems,
        records=records,
        compiler=(CompilerStart(19.6, True), CompilerStart(2.7, False), CompilerStart(3.9, False)),
    )
    return dataclasses.replace(made, **changes)


def realistic() -> Run:
    """Three components: a ladder over sizes, a stream, and one that shows every status."""
    parts = [(ladder_problem(), ladder_records(random.Random(1))), loader(), faults()]
    return run(tuple(part[0] for part in parts), tuple(record for part in parts for record in part[1]))


def small() -> Run:
    """Only the ladder at the sources' size: what the literal tables of the tests are drawn from."""
    problem = dataclasses.replace(ladder_problem(), cases=("5x784x10",))
    records = tuple(record for record in ladder_records(random.Random(1)) if record.key.case == "5x784x10")
    return run((problem,), records)


def hostile() -> Run:
    """Every text that a person or a machine can fill holds something that breaks careless output."""
    rng = random.Random(3)
    names = tuple(name.replace("/", "\u2044").replace("@", "\uff20") for name in HOSTILE)  # a cell's name has neither
    problems, records = [], []
    for at, bad in enumerate(names[:3]):
        raw = HOSTILE[at]
        problems.append(
            Problem(
                name=f"family{at}.{bad}",
                title=raw,
                question=raw,
                rows=(raw,),
                baseline=names[0],
                version=raw,
                variants=tuple(
                    Variant(name, raw, raw, f"def f():\n    return {raw!r}\n{raw}\n", raw, (raw,)) for name in names
                ),
                cases=tuple(names[:4]),
                work=dict.fromkeys(names, raw),
                published=dict.fromkeys(names, (1.0, 2.0)),
                published_case=names[0],
                left_out={raw: raw},
            )
        )
        for case_at, case in enumerate(names[:4]):
            for name_at, name in enumerate(names):
                status = ("ok", "error", "skipped")[0 if name_at % 5 < 3 else name_at % 5 - 2]
                records.append(
                    Record(
                        str(Cell(f"family{at}.{bad}", name, "eager", "cpu", case, "1")),
                        status,
                        reason=raw if status != "ok" else "",
                        dtype="float32",
                        series=raw,
                        size=2 ** (case_at + 3),
                        flops=10**6 * 8**case_at,
                        bytes=10**5 * 4**case_at,
                        proof=Proof(1e-7, 0.5, 3, 1e-3, 1e-5),
                        launches=launches(1e-5 * (name_at + 1) * 4**case_at, rng),
                        cost=Cost(10, raw, 1, 2, 0, 10**6),
                        trace=HOSTILE[name_at] if status == "ok" else "",
                    )
                )
    return run(
        tuple(problems),
        tuple(records),
        selection=HOSTILE[0],
        command=f"python -m benchmarks run -k {HOSTILE[0]}",
        left_out=HOSTILE[1],
        commit=HOSTILE[0],
        machine_class="made",
        machine={raw: raw for raw in HOSTILE},
        environment={"nan": float("nan"), "nested": {HOSTILE[0]: [HOSTILE[1], {"x": HOSTILE[2]}]}},
        roofs=(*ROOFS, Roof(HOSTILE[0], "1", "cpu", 1.0, 1.0, HOSTILE[1], HOSTILE[2])),
    )


def tiny() -> Run:
    """A few cells of every kind with few samples, so that a test can afford thousands of reports of it."""
    rng = random.Random(13)
    told, records = faults()
    steps = Problem(
        name="training.steps",
        title="Steps of a training",
        question="Where does `time` go?",
        rows=("TR-01",),
        baseline="plain",
        version="1",
        variants=(variant("plain", "One after the other.", "    yield from x\n", signature="x"),),
        cases=("10",),
        work={"plain": "nothing else"},
        left_out={"other": "why not"},
    )
    ladder = dataclasses.replace(
        ladder_problem(),
        variants=tuple(one for one in ladder_problem().variants if one.name in ("loop", "mm")),
        cases=("5x784x10", "8", "16"),
    )
    cells = [
        record
        for record in ladder_records(rng)
        if record.key.case in ladder.cases and record.key.device == "cpu" and record.key.variant in ("loop", "mm")
    ]
    cells += [
        Record(
            "training.steps/plain/eager/cpu/10/1",
            "ok",
            dtype="float32",
            launches=launches(1e-3, rng, data=4e-4, forward=5e-4, rest=1e-4),
            cost=Cost(None, "unknown: other processes", None, None, None, None),
        ),
        *loader()[1][:2],
        *records[:4],
    ]
    brief = tuple(dataclasses.replace(one, launches=tuple(map(_brief, one.launches[:2]))) for one in cells)
    return run((ladder, steps, loader()[0], told), brief, roofs=ROOFS[:8], facts=(Fact("it is so", True, "seen"),))


def _brief(launch: Launch) -> Launch:
    columns: dict[str, Any] = {name: getattr(launch, name)[:3] for name in ("at", "wall", "cpu", "delay")}
    parts = {name: values[:3] for name, values in launch.parts.items()}
    return dataclasses.replace(launch, **columns, switches=(0, 1, 0), faults=(2, 0, 0), parts=parts)


def large(components: int = 40) -> Run:
    """Thousands of cells, to see that the page stays usable."""
    problems, records = [], []
    ladder, cells = ladder_problem(), ladder_records(random.Random(5))
    for number in range(components):
        name = f"family{number // 8:02}.problem{number:03}"
        problems.append(dataclasses.replace(ladder, name=name, published={}, published_case=""))
        records += [
            dataclasses.replace(record, cell=name + record.cell[len("matmul.ladder") :])
            for record in cells
            if number % 4 == 0 or record.key.case == "5x784x10"
        ]
    return run(tuple(problems), tuple(records))
