"""The precision of float32 work: set, and read, in one place. Runs in a worker; torch is imported inside the functions.

torch has two interfaces for it: the older flags (``allow_tf32``, ``set_float32_matmul_precision``) and, since 2.9,
``fp32_precision`` of each backend and operator. Reading a flag of the older one raises where the newer one has set
convolutions and recurrent layers apart, and torch's own compiler still reads the older one.
"""

from __future__ import annotations

from collections.abc import Callable

MIXED = "mixed"  # what the older interface says where only the newer one can tell


def full() -> None:
    """Let every backend compute float32 in full, so that both interfaces can tell.

    cuDNN takes ten bits of each float32 unless it is told otherwise. The older interface sets both, the newer one
    only itself.
    """
    import torch

    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")


def read() -> dict[str, str]:
    """Each setting by its name, from both interfaces; nothing here raises.

    ``none`` means that a wider setting holds, which torch has resolved already: it is full precision, ``ieee``.
    """
    import torch

    backends = torch.backends
    newer: dict[str, Callable[[], str]] = {
        "matrix product precision": lambda: backends.cuda.matmul.fp32_precision,
        "convolution precision": lambda: backends.cudnn.conv.fp32_precision,
        "recurrent precision": lambda: backends.cudnn.rnn.fp32_precision,
        "oneDNN matrix product precision": lambda: backends.mkldnn.matmul.fp32_precision,
        "oneDNN convolution precision": lambda: backends.mkldnn.conv.fp32_precision,
        "oneDNN recurrent precision": lambda: backends.mkldnn.rnn.fp32_precision,
    }
    older: dict[str, Callable[[], object]] = {
        "matmul precision": torch.get_float32_matmul_precision,
        "cuDNN's allow_tf32": lambda: backends.cudnn.allow_tf32,
        "cuBLAS's allow_tf32": lambda: backends.cuda.matmul.allow_tf32,
    }
    told = {name: "ieee" if (value := get()) == "none" else str(value) for name, get in newer.items()}
    for name, flag in older.items():
        try:
            told[name] = str(flag())
        except RuntimeError:
            told[name] = MIXED
    return told
