"""The software that a worker measures with, and the settings that affect a result. Facts only."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
from collections.abc import Mapping
from typing import Any

from perfsuite.host import data, precision
from perfsuite.host.asking import output, read
from perfsuite.host.machine import ROOT

PACKAGES = ("torch", "torchvision", "numpy", "numba", "triton", "psutil", "threadpoolctl")
VARIABLES = re.compile(
    r"(?!.*(KEY|TOKEN|SECRET|PASSWORD))"  # records are shared with others
    r"(?!OMPI|NVIDIA_(REQUIRE|VISIBLE|DRIVER|PRODUCT)|CUDA_(HOME|PATH|VERSION)|CUDAHOSTCXX)("  # only locations
    r"(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|VECLIB|DNNL|ONEDNN|NUMBA|TORCH|PYTORCH|ATEN|TRITON|CUDA|CUBLAS|CUDNN|NVIDIA|HIP"
    r"|ROCR|MALLOC|MIMALLOC|TCMALLOC)\w*|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|GLIBC_TUNABLES"
    r"|THP_MEM_ALLOC_ENABLE|CC|CXX|PYTHON_?(HASHSEED|MALLOC|DEVMODE|OPTIMIZE|TRACEMALLOC|GIL|JIT|CPU_COUNT))"
)  # variables that affect a result
# Where caches are: paths of one machine, which affect no time. Also as names of facts: "variables NUMBA CACHE DIR".
PLACES = re.compile(r"[\w ]+[_ ]CACHE[_ ](DIR|HOME|PATH)")


def environment() -> dict[str, Any]:
    """The software that a worker measures with, and the settings that affect a result. Call it in the worker."""
    import torch

    built = torch.__config__.show()
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: version(name) for name in PACKAGES},
        "torch": str(torch.__version__),  # includes the build
        "torch_commit": (torch.version.git_version or "")[:12],
        "torch_cuda": torch.version.cuda or torch.version.hip or "",
        "blas": _found(r"BLAS_INFO=(\w+)", built),
        "mkl": _found(r"Math Kernel Library Version (\S+)", built),
        "onednn": _found(r"MKL-DNN v(\S+)", built),
        "built_with": _found(r"- (GCC \S+|[Cc]lang \S+|MSVC \S+)", built),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "matmul_precision": precision.read()["matmul precision"],
        "default_dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "flush_denormal": float(torch.full((1,), 2.0**-130, dtype=torch.float32) * 1.0) == 0.0,
        "compiler": compiler(),
        "cuda": _cuda() if torch.cuda.is_available() else None,
        "data": data.origin(),
        "variables": variables(),
    }


def _cuda() -> dict[str, Any]:
    """The devices that torch sees, and the settings of its libraries."""
    import torch

    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    told = precision.read()
    return {
        "gpus": [device.name for device in devices],
        "capability": [f"{device.major}.{device.minor}" for device in devices],
        "memory": [device.total_memory for device in devices],
        "driver": _found(r"(\d+\.\d+(?:\.\d+)?)", read(ROOT / "proc/driver/nvidia/version"))
        or output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader").partition("\n")[0],
        "cudnn": torch.backends.cudnn.version(),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "matmul_fp32": told["matrix product precision"],
        "conv_fp32": told["convolution precision"],
        "rnn_fp32": told["recurrent precision"],
        "bf16_reduction": torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction,
        "allocator": torch.cuda.get_allocator_backend(),
    }


def version(package: str) -> str:
    """The installed version of ``package``, without importing it; empty if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables that affect results: threads, allocators, libraries, compilers."""
    return {name: environ[name] for name in sorted(environ) if VARIABLES.fullmatch(name) and not PLACES.fullmatch(name)}


def compiler() -> str:
    """The first line of the C++ compiler's ``--version``; empty if there is none."""
    default = next(filter(shutil.which, ("g++", "clang++", "c++")), "")
    return output(*shlex.split(os.environ.get("CXX") or default), "--version").partition("\n")[0]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""
