"""The watched names: modules, packages, and the kernels of operators. To watch another module, add one word here."""

from __future__ import annotations

import builtins

from perfsuite.project import catalogue

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PACKAGES = _words(  # with all of their loaded modules
    "torch.nn torch.autograd torch.cuda torch.linalg torch.fft torch.special torch.optim torch.amp "
    "torch.utils.data torch.utils.dlpack torch.utils.checkpoint torch.backends torch.random torch.profiler "
    "torch.sparse numpy.linalg numpy.random numpy.fft"
)
MODULES = _words(  # without their submodules
    "torch torch._C torch._C._nn torch._C._linalg torch._C._fft torch._C._special torch._C._sparse "
    "torch._C._functions torch.compiler torch._tensor torch._ops torch.ops torch._utils torch.functional "
    "torch.library torch.overrides torch.serialization torch.storage torch.types torch._compile torch._VF "
    "torch._lobpcg torch.func torch.jit torch.multiprocessing torch.utils torch.utils._pytree torch.utils._contextlib "
    "torch.utils._device torch.utils._python_dispatch numpy numpy._core numpy._core.multiarray "
    "numpy._core.fromnumeric numpy._core.numeric numpy._core._multiarray_umath numpy._core._methods "
    "numpy._core.einsumfunc numpy._core.umath numpy._core.shape_base builtins time gc os sys math random statistics "
    "json threading ctypes functools itertools operator collections contextlib dataclasses types inspect traceback "
    "weakref copy hashlib secrets tempfile io pathlib resource psutil threadpoolctl _thread _random _json _ctypes "
    "posix"
)
OFTEN = _words(  # the time of a sample depends on these directly, so they are checked after every sample
    "builtins time torch torch.Tensor torch.nn.functional torch.nn.Linear torch.nn.Module "
    "perfsuite.measuring.clock perfsuite.measuring.clock.HostClock perfsuite.measuring.clock.CudaClock "
    "perfsuite.measuring.timing perfsuite.proving.gate perfsuite.workers.context perfsuite.tasks.passes "
    "perfsuite.tasks.turns perfsuite.isolation.surroundings perfsuite.isolation.state"
)
OURS = catalogue.PROJECT.packages  # also watched with all of their modules
COMPONENTS = f"{catalogue.PROJECT.components}."
ARITIES = 16  # number of timing loops to watch; they are generated on first use
KERNELS = _words(  # operators whose registered kernels are checked: checking all 3,000 takes a tenth of a second
    "add.Tensor sub.Tensor mul.Tensor div.Tensor add_.Tensor mul_.Tensor copy_ _to_copy clone empty.memory_format "
    "empty_strided zeros ones full fill_.Scalar sum sum.dim_IntList mean mean.dim amax max max.dim argmax min.dim exp "
    "log sqrt rsqrt pow.Tensor_Scalar tanh sigmoid relu gelu silu neg abs sin cos where.self softmax.int _softmax "
    "log_softmax.int _log_softmax nll_loss_forward cross_entropy_loss mm mm.out bmm addmm matmul linear dot mv einsum "
    "convolution _convolution conv2d scaled_dot_product_attention native_layer_norm layer_norm embedding index.Tensor "
    "index_select gather scatter_.value cat stack view reshape transpose.int permute t slice.Tensor select.int sort "
    "topk cumsum bernoulli_.float normal_ uniform_ randperm random_ eq.Tensor lt.Tensor item _local_scalar_dense"
)
VMAP = "FuncTorchBatched"  # torch.func.vmap registers its rules on first use, only for its own tensors


def watched(name: str) -> bool:
    """Whether the module called ``name`` is watched."""
    return name in MODULES or any(name == one or name.startswith(f"{one}.") for one in (*OURS, *PACKAGES))
