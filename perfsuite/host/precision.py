"""Set and read the precision of float32 work. Runs in a worker; torch is imported inside the functions.

torch has two interfaces for it: the older flags (``allow_tf32``, ``set_float32_matmul_precision``) and, since 2.9,
``fp32_precision`` of each backend and operator. Reading an older flag raises if the newer interface has set
convolutions and recurrent layers differently, and torch's own compiler still reads the older flags.
"""

from __future__ import annotations

from collections.abc import Callable

MIXED = "mixed"  # value of an older flag that only the newer interface can express


def full() -> None:
    """Make every backend compute in full float32 precision, so that both interfaces can be read.

    By default cuDNN uses TF32, with ten bits of each float32 mantissa. The older interface sets both, the newer one
    only itself.
    """
    import torch

    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")


def read() -> dict[str, str]:
    """Each setting by name, from both interfaces; never raises.

    torch's ``none`` means that a wider setting applies, already resolved by torch to full precision: ``ieee``.
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
