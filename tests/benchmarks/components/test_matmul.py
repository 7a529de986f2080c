"""The matrix products: the sources' examples, the kernels outside the sizes that are timed, and how they are built."""

from __future__ import annotations

import importlib
import itertools
import math
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.components.matmul import large
from impls import _build
from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "impls" / "matmul" / "products.c"
FAMILY = [name for name in catalogue.components() if name.startswith("matmul.")]
HALF_A_MINUTE = ("aoti",)  # to build, where nothing is cached

needs_c = pytest.mark.skipif(bool(preparing.missing(["cc"], "eager", "cpu")), reason="needs a C compiler")


def every_variant() -> list:
    """Each variant that takes tensors of the CPU; those that are slow to build are marked."""
    return [
        pytest.param(
            component,
            variant.name,
            id=f"{component}-{variant.name}",
            marks=[pytest.mark.slow] if variant.name in HALF_A_MINUTE else [],
        )
        for component in FAMILY
        for variant in catalogue.variants(component)
        if "cuda" not in variant.needs
    ]


def prepared(component: str, variant: str, inputs: tuple[torch.Tensor, ...]) -> preparing.Prepared:
    """The variant ready to be called; skips the test where it needs what is not here."""
    function = getattr(importlib.import_module(f"impls.{component}"), variant)
    if reason := preparing.missing(getattr(function, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    return preparing.prepare(function, "eager", inputs)


def floats(*values: list) -> tuple[torch.Tensor, ...]:
    return tuple(torch.tensor(value, dtype=torch.float32) for value in values)


def counting(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.arange(math.prod(shape), dtype=dtype).view(shape)


MATRICES = [[20, 23, 26, 29], [56, 68, 80, 92]]
GOLDEN = {
    "matmul.ladder": ((counting(2, 3), counting(3, 4)), MATRICES),
    "matmul.ranks_mat_mat": ((counting(2, 3), counting(3, 4)), MATRICES),
    "matmul.integer": ((counting(2, 3, dtype=torch.int64), counting(3, 4, dtype=torch.int64)), MATRICES),
    "matmul.ranks_vec_vec": (floats([0, 1], [0, 1]), 1),
    "matmul.ranks_vec_mat": (floats([0, 1], [[0, 1], [2, 3]]), [2, 3]),
    "matmul.ranks_mat_vec": (floats([[0, 1], [2, 3], [4, 5]], [2, 3]), [3, 13, 23]),
    "matmul.ranks_batch": (
        (counting(3, 2, 3), counting(3, 3, 2)),
        [[[10, 13], [28, 40]], [[172, 193], [244, 274]], [[550, 589], [676, 724]]],
    ),
    "matmul.ranks_batch_mat": (
        (counting(3, 2, 3), counting(3, 2)),
        [[[10, 13], [28, 40]], [[46, 67], [64, 94]], [[82, 121], [100, 148]]],
    ),
    "matmul.large": (floats([[0, 1], [2, 3]], [[0, 1], [2, 3]]), [[2, 3], [6, 11]]),
    "matmul.norm": ((1 + counting(3, 3),), 16.881943),
    "matmul.compare_mean": (floats([10, 6, -4], [2, 8, 7]), 2 / 3),
}


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_the_examples_of_the_sources(component: str, variant: str):
    inputs, answer = GOLDEN[component]
    try:
        output = preparing.first_call(prepared(component, variant, inputs))
    except preparing.Missing as missing:
        pytest.skip(str(missing))
    expected = torch.tensor(answer, dtype=inputs[0].dtype)
    assert output.shape == expected.shape and output.dtype == expected.dtype
    assert (output - expected).abs().max() <= 1e-6 * expected.abs().max()


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_each_variant_is_right_when_its_inputs_change_in_place(component: str, variant: str):
    found = catalogue.component(component)
    case = Case("small", dict.fromkeys(found.cases[0].shape, 12), dtype=found.cases[0].dtype)
    truths = [gate.truth(found, case, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    try:
        gate.prove(prepared(component, variant, inputs), inputs, truths)
    except NotImplementedError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("component", FAMILY)
def test_the_declared_flops_are_those_that_torch_counts(component: str):
    found = catalogue.component(component)
    case = min((case for case in found.cases if not case.opt_in), key=found.flops)
    inputs = found.inputs(case, torch.Generator().manual_seed(0))
    counts = {}
    for variant in catalogue.variants(component):
        if variant.needs or variant.name == "loop":
            continue
        ready = prepared(component, variant.name, inputs)
        with FlopCounterMode(display=False) as counter:
            ready()
        counts[variant.name] = counter.get_total_flops()
    assert set(counts.values()) <= {0, found.flops(case)}
    # torch has no formula for dot, for sums and for elementwise operators.
    if component not in ("matmul.norm", "matmul.compare_mean"):
        assert found.flops(case) in counts.values()


# -- a large product is checked by a few numbers -----------------------------------------------------------------------


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch):
    """A product of 64 x 64, compared as the large ones are."""
    monkeypatch.setattr(large, "WHOLE", 16)
    return gate.truth(large.COMPONENT, Case("64", {"n": 64}), seed=3)


def swapped(product: torch.Tensor) -> torch.Tensor:
    product[:, [3, 40]] = product[:, [40, 3]]
    return product


def doubled(product: torch.Tensor) -> torch.Tensor:
    product[5, 7] *= 2
    return product


def test_a_large_product_is_accepted(probed: gate.Truth):
    assert probed.expected.shape == (64, 3)
    assert 0 < gate.match(torch.mm(*probed.inputs), probed).share <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: doubled(x @ y),
        lambda x, y: swapped(x @ y),
        lambda x, y: (x.bfloat16() @ y.bfloat16()).float(),
        lambda x, y: x.bfloat16().float() @ y.bfloat16().float(),
        lambda x, y: (x @ y)[:32],
        lambda x, y: (x @ y).double(),
    ],
    ids=["one element", "two columns swapped", "bfloat16", "bfloat16 inputs", "half of it", "float64"],
)
def test_a_wrong_large_product_is_rejected(probed: gate.Truth, wrong):
    with pytest.raises(gate.Wrong):
        gate.match(wrong(*probed.inputs), probed)


# -- the C functions ---------------------------------------------------------------------------------------------------

SIZES = (1, 2, 5, 7, 16, 17, 31, 33, 48)
FLAGS = {
    "native": _build.FLAGS,
    "baseline": ("-O3", "-fPIC"),
    "undefined behaviour": ("-O1", "-g", "-fPIC", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"),
}


@needs_c
@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("function", ["loops", "rows", "kernel"])
def test_the_c_functions_are_right_at_every_size_and_write_nowhere_else(function: str, flags: tuple[str, ...]):
    call = getattr(_build.extension(SOURCE, flags), function)
    for m, k, n in itertools.product(SIZES, SIZES, SIZES):
        a, b = torch.randn(m, k), torch.randn(k, n)
        room = torch.full((m * n + 2,), 7.0)
        call(a.data_ptr(), b.data_ptr(), room[1:].data_ptr(), m, k, n)
        error = (room[1:-1].view(m, n) - a.double() @ b.double()).abs()
        assert (error <= 8 * k**0.5 * 2.0**-24 * (a.double() ** 2 @ b.double() ** 2).sqrt()).all(), (m, k, n)
        assert room[0] == room[-1] == 7


@needs_c
@pytest.mark.parametrize("n", [3, 10, 17, 40])
def test_infinity_stays_where_it_belongs(n: int):
    a, b, c = torch.ones(2, 3), torch.ones(3, n), torch.empty(2, n)
    a[1, 2] = math.inf
    _build.extension(SOURCE).kernel(a.data_ptr(), b.data_ptr(), c.data_ptr(), 2, 3, n)
    assert (c[0] == 3).all() and (c[1] == math.inf).all()


AT_THE_EDGE = """
import ctypes, mmap, sys
from pathlib import Path
from impls import _build

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
pieces = []

def before_a_wall(count):
    "Memory for ``count`` floats of 1.0 that ends where a page begins that nobody may touch."
    pages = -(-4 * count // PAGE)
    piece = mmap.mmap(-1, (pages + 1) * PAGE)
    pieces.append(piece)
    start = ctypes.addressof(ctypes.c_char.from_buffer(piece))
    assert libc.mprotect(ctypes.c_void_p(start + pages * PAGE), PAGE, 0) == 0
    address = start + pages * PAGE - 4 * count
    (ctypes.c_float * count).from_address(address)[:] = [1.0] * count
    return address

module = _build.extension(Path(sys.argv[1]))
for name in ("loops", "rows", "kernel"):
    for m, k, n in ((5, 784, 10), (1, 1, 1), (3, 2, 31), (30, 5, 33), (6, 9, 16), (2, 40, 3)):
        a, b, c = before_a_wall(m * k), before_a_wall(k * n), before_a_wall(m * n)
        getattr(module, name)(a, b, c, m, k, n)
        assert set((ctypes.c_float * (m * n)).from_address(c)) == {float(k)}
print("stayed inside")
"""


@needs_c
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
def test_the_c_functions_touch_nothing_behind_their_arguments():
    run = [sys.executable, "-c", AT_THE_EDGE, str(SOURCE)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "stayed inside"), done.stderr


@needs_c
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
def test_the_wall_of_that_test_stands():
    behind = AT_THE_EDGE.replace("(a, b, c, m, k, n)", "(a, b, c + 4, m, k, n)")
    run = [sys.executable, "-c", behind, str(SOURCE)]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, timeout=120, check=False).returncode == -signal.SIGSEGV


@needs_c
def test_wrong_arguments_are_refused():
    kernel = _build.extension(SOURCE).kernel
    with pytest.raises(TypeError, match="got 2 arguments"):
        kernel(1, 2)
    with pytest.raises(TypeError):
        kernel(1, 2, 3, "m", "k", "n")
    ladder = importlib.import_module("impls.matmul.ladder")
    with pytest.raises(NotImplementedError, match=r"^needs float32"):
        ladder.c_kernel(torch.ones(2, 2).double(), torch.ones(2, 2).double())


@needs_c
@pytest.mark.parametrize("variant", ["c_loops", "c_rows", "c_kernel", "c_kernel_new"])
def test_what_knows_an_address_keeps_the_tensor_alive(variant: str):
    a, b = torch.ones(3, 4), torch.ones(4, 5)
    alive = weakref.ref(a), weakref.ref(b)
    call = getattr(importlib.import_module("impls.matmul.ladder"), variant)(a, b)
    del a, b
    assert all(tensor() is not None for tensor in alive)
    assert (call() == 4).all()


# -- how they are built ------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty cache of built files, and nothing built before in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _build.extension.cache_clear()
    yield tmp_path / "cache" / "torch-perf-suite"
    _build.extension.cache_clear()


@needs_c
def test_a_source_is_compiled_once_and_a_changed_one_again(cache: Path, tmp_path: Path):
    first = _build.extension(SOURCE)
    (built,) = cache.iterdir()
    stamp = built.stat().st_mtime_ns
    _build.extension.cache_clear()
    again = _build.extension(SOURCE)
    assert first is not again and built.stat().st_mtime_ns == stamp
    changed = tmp_path / SOURCE.name
    changed.write_text(SOURCE.read_text().replace("got %zd arguments", "not %zd"))
    with pytest.raises(TypeError, match="not 2"):
        _build.extension(changed).kernel(1, 2)
    with pytest.raises(TypeError, match="got 2 arguments"):  # the first one lives on beside it
        again.kernel(1, 2)
    assert len(list(cache.iterdir())) == 2


def test_a_machine_without_a_compiler_is_told_so(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(NotImplementedError, match=r"^needs a C compiler"):
        _build.extension(SOURCE)


def test_a_machine_without_the_headers_is_told_so(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_build.sysconfig, "get_path", lambda name: str(cache))
    with pytest.raises(NotImplementedError, match=r"^needs a C compiler and Python\.h"):
        _build.extension(SOURCE)


@needs_c
def test_a_source_that_does_not_compile_is_an_error_that_shows_the_compilers_words(cache: Path, tmp_path: Path):
    broken = tmp_path / "broken.c"
    broken.write_text("int main(void) { return nonsense; }")
    with pytest.raises(RuntimeError, match="nonsense"):
        _build.extension(broken)
    assert not list(cache.iterdir())


def test_what_fails_half_way_leaves_nothing_behind(cache: Path):
    def half(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _build.once("whole.txt", half)
    assert not list(cache.iterdir())
    assert _build.once("whole.txt", lambda path: path.write_text("whole")).read_text() == "whole"


def test_two_that_make_the_same_file_at_once_both_get_a_whole_one(cache: Path):
    both = threading.Barrier(2)
    found = []

    def make(path: Path) -> None:
        path.write_text("wh")
        both.wait(timeout=30)
        path.write_text("whole")

    def work() -> None:
        found.append(_build.once("whole.txt", make).read_text())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["whole", "whole"] and [path.name for path in cache.iterdir()] == ["whole.txt"]


def test_a_key_depends_on_each_part():
    assert _build.key("a", "b") == _build.key("a", "b")
    assert len({_build.key(*parts) for parts in (("a", "b"), ("ab",), ("b", "a"), ("a", "b", ""))}) == 4


@pytest.mark.slow
def test_the_package_built_ahead_of_time_serves_every_shape(cache: Path):
    if reason := preparing.missing(["c++"], "eager", "cpu"):
        pytest.skip(reason)
    ladder = importlib.import_module("impls.matmul.ladder")
    for m, k, n in ((5, 784, 10), (1, 1, 1), (8, 8, 8)):
        a, b = torch.randn(m, k), torch.randn(k, n)
        assert torch.equal(ladder.aoti(a, b)(), a @ b)
    assert len(list(cache.glob("*.pt2"))) == 1


TRITON = """
import torch
from impls.matmul import ladder

for m, k, n in ((5, 784, 10), (65, 33, 130)):
    a, b = torch.randn(m, k), torch.randn(k, n)
    exact = a.double() @ b.double()
    assert ((ladder.triton(a, b)() - exact).abs() <= 2e-6 * (exact.abs() + 10)).all()
print("right")
"""


@pytest.mark.slow
def test_the_triton_kernel_is_right_in_tritons_interpreter():
    """Without a GPU this is what can be known of it: its arithmetic, in float32; the interpreter has no bfloat16."""
    pytest.importorskip("triton")
    run = ["env", "TRITON_INTERPRET=1", sys.executable, "-c", TRITON]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "right"), done.stderr
