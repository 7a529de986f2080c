"""What a run without arguments measures: a fixed list, so that the run stays short as components are added.

Each line is a ``-k`` expression. A cell that matches any of them is measured.
"""

from __future__ import annotations

QUICK = (
    "matmul.ladder/ and /eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/ and (/mm/ or /einsum/ or /triton/) and /eager/cuda/5x784x10/1 and not @cold",
    "matmul.ladder/ and (/mm/ or /einsum/ or /full_broadcast/ or /c_kernel/) and /eager/cpu/"
    " and (/8/1 or /16/1 or /32/1 or /64/1 or /128/1 or /256/1 or /512/1)",
    "smallops.row_sum/ and (/slice_loop/ or /unbind_loop/ or /torch_sum/ or /numpy_sum/) and /eager/cpu/"
    " and (/50x10/ or /500x10/ or /1500x10/ or /5000x10/)",
    "dataload.dirichlet/ and (/per_sample/ or /getitems/ or /slicing/ or /workers_2/) and /eager/cpu/100-b4/",
    "autograd.tracking/ and (/tracked/ or /no_grad/ or /inference_mode/) and /eager/cpu/128x784x512x512x10/",
    "checkpoint.load/ and (/torch_load/ or /mapped/ or /safetensors/ or /kept/) and /eager/cpu/mlp/",
    "training.breakdown/ and (/loader/ or /slices/) and /eager/cpu/10x32-64/",
)

# What is profiled by default: only a few cells, because people read the traces.
TRACED = (
    "matmul.ladder/mm/eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/row_broadcast/eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/einsum/eager/cpu/5x784x10/1 and not @cold",
    "dataload.dirichlet/per_sample/eager/cpu/100-b4",
)
