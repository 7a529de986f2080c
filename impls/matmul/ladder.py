"""Matrix product ``c[i, j] = sum_k a[i, k] * b[k, j]``, from three Python loops to a kernel written for this CPU.

Each variant takes ``a`` of shape (m, k) and ``b`` of shape (k, n), both of one dtype and without gaps, and returns
(m, n) of that dtype. The rungs are in the order of their speed at 5x784 @ 784x10; at other sizes the order is another.
"""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path

import torch

from .. import _build
from .._contract import needs, prepared

Product = Callable[[], torch.Tensor]


def loop(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Three loops over tensor elements: every multiplication pays for several tensor objects.

    MM-01.
    """
    (rows, depth), columns = a.shape, b.shape[1]
    c = torch.zeros(rows, columns, dtype=a.dtype, device=a.device)
    for i in range(rows):
        for j in range(columns):
            for k in range(depth):
                c[i, j] += a[i, k] * b[k, j]
    return c


def lists(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The same loops over Python floats: a hundred times faster, so the loop was never the slow part.

    MM-01.
    """
    columns = list(zip(*b.tolist(), strict=True))
    rows = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a.tolist()]
    return torch.tensor(rows, dtype=a.dtype, device=a.device)


def row_times_column(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One loop less: the inner product is two tensor operations, so Python runs m*n times, not m*n*k.

    MM-01.
    """
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            c[i, j] = (a[i, :] * b[:, j]).sum()
    return c


def row_broadcast(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Broadcast one row of ``a`` over the whole of ``b``: Python runs m times, a (k, n) temporary is written each time.

    MM-01.
    """
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    for i in range(a.shape[0]):
        c[i] = (a[i].unsqueeze(-1) * b).sum(dim=0)
    return c


def full_broadcast(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """No Python loop at all, but a temporary of m*k*n elements: memory becomes the limit.

    MM-01.
    """
    return (a[:, :, None] * b).sum(dim=1)


@prepared
@needs("numba", "cpu")
def numba_loops(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The three loops compiled as they stand: no Python left, but each addition waits for the one before.

    MM-06.
    """
    return _in_numba(_loops, a, b)


@prepared
@needs("cc", "cpu")
def c_loops(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The three loops in C: the same machine code, so the same time; the language was not the limit either.

    MM-06.
    """
    return _in_c("loops", a, b)


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Say what is summed and let the library choose: the same BLAS call behind some parsing and permuting.

    MM-01.
    """
    return torch.einsum("ik,kj->ij", a, b)


@prepared
@needs("numba", "cpu")
def numba_rows(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The loops in another order: along a row of ``b`` no addition waits for another, so the compiler uses vectors.

    MM-06.
    """
    return _in_numba(_rows, a, b)


@needs("cpu")
def numpy(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Numpy's BLAS on the tensors' own memory: turning tensors into arrays and back costs more than the product.

    MM-01.
    """
    return torch.from_numpy(a.numpy() @ b.numpy())


@prepared
@needs("cc", "cpu")
def c_rows(a: torch.Tensor, b: torch.Tensor) -> Product:
    """That order in C: every sum goes to memory and back once for each of its products.

    MM-06.
    """
    return _in_c("rows", a, b)


@prepared
def addmm(a: torch.Tensor, b: torch.Tensor) -> Product:
    """A product plus a bias in one call: what the bias costs, here one of zeros.

    MM-01.
    """
    bias = torch.zeros(b.shape[1], dtype=a.dtype, device=a.device)
    return lambda: torch.addmm(bias, a, b)


@prepared
@needs("c++", "cpu")
def aoti(a: torch.Tensor, b: torch.Tensor) -> Product:
    """Compile ahead of time and call the shared object: ``torch.compile`` without its guards and its Python wrapper.

    MM-06. The package is built once for all shapes, and kept: building takes half a minute.
    """
    run = torch._inductor.aoti_load_package(str(_package(a.dtype))).loader.run
    return lambda: run([a, b])[0]


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """What everybody writes: it looks at both ranks first, then calls ``mm``.

    MM-01.
    """
    return a @ b


def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One call of the BLAS: what is left at small sizes is the dispatch and the output's tensor object.

    MM-01.
    """
    return torch.mm(a, b)


@prepared
@needs("cpu")
def numpy_out(a: torch.Tensor, b: torch.Tensor) -> Product:
    """Arrays and output made before: another BLAS behind another dispatch, and nothing else.

    MM-01.
    """
    import numpy as np

    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype)
    x, y, z = a.numpy(), b.numpy(), c.numpy()

    def product() -> torch.Tensor:
        np.matmul(x, y, out=z)
        return c

    return product


@prepared
def mm_out(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The same call into a tensor allocated before: no output object is made in the call.

    MM-01.
    """
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    return lambda: torch.mm(a, b, out=c)


@prepared
@needs("cc", "cpu")
def c_kernel_new(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The kernel of the next rung with a new output each call: the tensor object costs as much as the product.

    MM-06.
    """
    function = _extension(a, b).kernel
    (m, k), n = a.shape, b.shape[1]
    pointers = a.data_ptr(), b.data_ptr()

    def product() -> torch.Tensor:
        c = torch.empty(m, n)
        function(*pointers, c.data_ptr(), m, k, n)
        return c

    product.inputs = a, b  # an address is good while its tensor lives
    return product


@prepared
@needs("cc", "cpu")
def c_kernel(a: torch.Tensor, b: torch.Tensor) -> Product:
    """Sums kept in registers, and addresses in place of tensors: about what this CPU can do when Python calls it.

    MM-06.
    """
    return _in_c("kernel", a, b)


@prepared
@needs("cuda", "triton")
def triton(a: torch.Tensor, b: torch.Tensor) -> Product:
    """The textbook tile kernel on a GPU: one program for each tile of ``c``, tiles of ``a`` and ``b`` pass by.

    MM-06. float32 is multiplied in full ("ieee"), not as TF32.
    """
    import triton as compiler
    import triton.language as tl

    @compiler.jit
    def product(a, b, c, m, k, n, HIGH: tl.constexpr, WIDE: tl.constexpr, DEEP: tl.constexpr):
        i = tl.program_id(0) * HIGH + tl.arange(0, HIGH)[:, None]
        j = tl.program_id(1) * WIDE + tl.arange(0, WIDE)[None, :]
        total = tl.zeros((HIGH, WIDE), tl.float32)
        for start in range(0, k, DEEP):
            along = start + tl.arange(0, DEEP)[None, :]
            down = start + tl.arange(0, DEEP)[:, None]
            left = tl.load(a + i * k + along, mask=(i < m) & (along < k), other=0.0)
            right = tl.load(b + down * n + j, mask=(down < k) & (j < n), other=0.0)
            total = tl.dot(left, right, total, input_precision="ieee")
        tl.store(c + i * n + j, total.to(c.dtype.element_ty), mask=(i < m) & (j < n))

    (m, k), n = a.shape, b.shape[1]
    c = torch.empty(m, n, dtype=a.dtype, device=a.device)
    launch = product[compiler.cdiv(m, 64), compiler.cdiv(n, 64)]

    def call() -> torch.Tensor:
        launch(a, b, c, m, k, n, HIGH=64, WIDE=64, DEEP=32)
        return c

    return call


def _loops(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = c.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            c[i, j] = total


def _rows(a, b, c):
    c[:] = 0
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] += a[i, k] * b[k, j]


def _in_numba(loops: Callable[..., None], a: torch.Tensor, b: torch.Tensor) -> Product:
    """Compile ``loops`` and call it on the tensors' memory."""
    compiled = _jit(loops)
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype)
    x, y, z = a.numpy(), b.numpy(), c.numpy()
    compiled(x, y, z)

    def product() -> torch.Tensor:
        compiled(x, y, z)
        return c

    return product


@functools.cache
def _jit(loops: Callable[..., None]) -> Callable[..., None]:
    import numba

    return numba.njit(loops, cache=True)


def _in_c(name: str, a: torch.Tensor, b: torch.Tensor) -> Product:
    """Call the function ``name`` of ``products.c`` on the tensors' memory."""
    function = getattr(_extension(a, b), name)
    (m, k), n = a.shape, b.shape[1]
    c = torch.empty(m, n)
    # Asking a tensor for its address takes 0.1 us; the inputs keep theirs.
    x, y, z = a.data_ptr(), b.data_ptr(), c.data_ptr()

    def product() -> torch.Tensor:
        function(x, y, z, m, k, n)
        return c

    product.inputs = a, b  # an address is good while its tensor lives
    return product


def _extension(*inputs: torch.Tensor):
    if any(tensor.dtype != torch.float32 for tensor in inputs):
        raise NotImplementedError("needs float32: the C functions know no other type")
    return _build.extension(Path(__file__).with_name("products.c"))


class _Product(torch.nn.Module):
    def forward(self, a, b):
        return torch.mm(a, b)


def _package(dtype: torch.dtype) -> Path:
    """The product compiled ahead of time for this CPU, any shape, one dtype."""

    def make(path: Path) -> None:
        m, k, n = (torch.export.Dim(axis) for axis in "mkn")
        sample = torch.ones(6, 7, dtype=dtype), torch.ones(7, 8, dtype=dtype)
        program = torch.export.export(_Product(), sample, dynamic_shapes=({0: m, 1: k}, {0: k, 1: n}))
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))

    machine = torch.__version__, torch.backends.cpu.get_cpu_capability()
    content = inspect.getsource(_Product), inspect.getsource(make)
    return _build.once(f"product-{_build.key(*content, *machine, str(dtype))}.pt2", make)
