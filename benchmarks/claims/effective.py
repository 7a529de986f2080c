"""The claims of Effective PyTorch."""

from __future__ import annotations

from benchmarks.claims.claim import Claim
from benchmarks.claims.rules import Arm, At, Every, Faster, Over, Seen, about, arms

CLAIMS = (
    Claim(
        "K14",
        "Effective PyTorch",
        "Broadcasting is faster than repeating an operand, and needs less memory.",
        ("BC-01",),
        Over(Faster("broadcast.add", arms("broadcast"), arms("repeat"), 1.0), series="square", case="2x2"),
        "Any gain counts. The memory is one matrix instead of two; the report shows it next to the times.",
    ),
    Claim(
        "K15",
        "Effective PyTorch",
        "A layer over two inputs, one of them the same for all steps, is more efficient as two merged layers than "
        "with tiling and concatenation.",
        ("BC-02",),
        Every(
            (
                At(Faster("broadcast.merge", arms("merge_tied_bias"), arms("tile_concat"), 1.0), case="5x3x5-6-10"),
                Over(
                    Faster("broadcast.merge", arms("merge_tied_bias"), arms("tile_concat"), 1.0),
                    series="16 x steps x 256",
                ),
            )
        ),
        "Any gain counts, at the source's size and over the number of steps. The two layers share one bias, so that "
        "both sides have the same parameters; the source has two biases.",
    ),
    Claim(
        "K16",
        "Effective PyTorch",
        "A loop over the rows of a matrix is about 30 % faster over unbind than over slices.",
        ("RD-01",),
        Over(
            Faster("smallops.row_sum", arms("unbind_loop"), arms("slice_loop"), about(1.3)),
            series="rows of 10",
            case="500x10",
        ),
        "Half of the gain is enough: 15 %.",
    ),
    Claim(
        "K17",
        "Effective PyTorch",
        "Summing the rows of a matrix in one call is about 100 times as fast as a loop over slices.",
        ("RD-01",),
        Over(
            Faster("smallops.row_sum", arms("torch_sum"), arms("slice_loop"), about(100)),
            series="rows of 10",
            case="500x10",
        ),
        'Half of the gain is enough. The "100 %" in the source is a translation error.',
    ),
    Claim(
        "K18",
        "Effective PyTorch",
        "Gathering one row from each matrix of a batch is about 10 % faster in TorchScript than in a Python loop, and "
        "about 100 times as fast without a loop.",
        ("RD-04",),
        Every(
            tuple(
                Over(
                    Faster("smallops.batch_gather", arms(way), arms("loop"), about(times)),
                    series="batch of 100x128",
                    case="64x100x128",
                )
                for way, times in (("script_loop", 1.1), ("flat_index", 100))
            )
        ),
        "Half of each gain is enough: 5 %, and 50 times. The source gives no sizes.",
    ),
    Claim(
        "K19",
        "Effective PyTorch",
        "A data set that reads a tar file from its beginning delivers every sample once for each worker.",
        ("DL-06",),
        Seen(("a naive tar loader delivers each file once for each worker",)),
        "Nothing is timed: the samples from zero, one and two workers are counted.",
    ),
    Claim(
        "K20",
        "Effective PyTorch",
        "Mixed precision takes as little as half the time.",
        ("TR-04",),
        At(
            Faster(
                "training.mixed_precision",
                fast=(Arm("float16_scaled", device="cuda"),),
                slow=(Arm("float32", device="cuda"),),
                times=about(2),
            ),
            case="512x512",
        ),
        "On a GPU, at the source's size, which runs only when it is named. bfloat16 on the CPU is a separate row.",
    ),
    Claim(
        "K21",
        "Effective PyTorch",
        "Softmax and cross entropy written out as formulas overflow at [1000, 0]; shifted, the loss is 500.",
        ("LS-01", "LS-02"),
        Seen(
            (
                "a softmax of exp / sum gives nan at [1000, 0]",
                "a cross entropy of log(softmax) gives inf at [1000, 0]",
                "shifted, it is 500.0 with the gradient [0.5, -0.5]",
            )
        ),
        "Nothing is timed: the three results are checked.",
    ),
)
