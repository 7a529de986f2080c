"""The claims of the fast.ai lesson."""

from __future__ import annotations

from benchmarks.claims.claim import Claim
from benchmarks.claims.rules import ON_PAR, SAME, At, Every, Faster, Over, Seen, about, arms, ladder

CLAIMS = (
    Claim(
        "K22",
        "the fast.ai lesson",
        "From loops over elements to matmul, each rung of the ladder is faster than the one before; in total the gain "
        "is 50,000 times.",
        ("MM-01",),
        ladder(
            "matmul.ladder",
            "5x784x10",
            *("loop", "row_times_column", "row_broadcast", "einsum", "matmul"),
            total=about(50_000),
        ),
        "Half of the total gain is enough; a rung only has to be faster. Only the source's size is used: the total is "
        "mostly Python's cost for each element, so it depends on the size.",
    ),
    Claim(
        "K23",
        "the fast.ai lesson",
        "For ReLU, a single library function is faster than a combination of operators.",
        ("LY-07",),
        Over(Faster("layers.relu", arms("clamp_min"), arms("mask"), 1.0), series="rows of 50", case="10000x50"),
        "Any gain counts. The combination is the lesson's mask, x * (x > 0); the report has the other variants too.",
    ),
    Claim(
        "K24",
        "the fast.ai lesson",
        "addmm is marginally faster than a product followed by adding the bias.",
        ("LY-06",),
        Over(
            Faster("layers.linear", arms("addmm"), arms("matmul_then_add"), 1.0),
            series="784 to 50",
            case="10000x784x50",
        ),
        "Any gain counts.",
    ),
    Claim(
        "K25",
        "the fast.ai lesson",
        "Computing the gradient of a weight as a giant outer product is inefficient: a matrix product is 18 times as "
        "fast.",
        ("BP-07",),
        Over(
            Faster("backprop.weight_gradient", arms("matmul"), arms("outer_sum"), about(18)),
            series="rows of 784 and 50",
            case="1000x784x50",
        ),
        "Half of the gain is enough. The source's 50,000 rows take 8 GB as an outer product: "
        "`-k backprop.weight_gradient/outer_sum/eager/cpu/50000x784x50-outer/1` runs them.",
    ),
    Claim(
        "K26",
        "the fast.ai lesson",
        "An einsum and a matrix product take the same time for the gradient of a weight.",
        ("BP-07",),
        Every(
            (
                At(Faster("backprop.weight_gradient", arms("einsum"), arms("matmul"), SAME), case="50000x784x50"),
                At(Faster("backprop.weight_gradient", arms("matmul"), arms("einsum"), SAME), case="50000x784x50"),
            )
        ),
        "The same means within 10 % in either direction, at the source's size.",
    ),
    Claim(
        "K27",
        "the fast.ai lesson",
        "The backward pass of autograd is 4.7 times as fast as the one written by hand.",
        ("BP-05", "BP-06"),
        Every(
            (
                At(Faster("backprop.backward", arms("autograd"), arms("module_matmul"), about(4.7)), "50000x784"),
                At(
                    Faster("backprop.backward", arms("autograd_inputs"), arms("module_matmul"), about(4.7)),
                    "50000x784",
                ),
            )
        ),
        "Half of the gain is enough. The first pair is the source's: its autograd does not compute the gradient of the "
        "inputs, which is half of the products. In the second pair both do the same work.",
    ),
    Claim(
        "K28",
        "the fast.ai lesson",
        "Compiled loops rival a tuned BLAS.",
        ("MM-06",),
        Over(
            Faster("matmul.ladder", arms("numba_loops", "c_loops", "numba_rows", "c_rows"), arms("mm"), ON_PAR),
            series="square float32",
        ),
        "Rival means at most twice the time. The best of the plain loops counts, in numba or C and in either order of "
        "the loops. The kernel that keeps its sums in registers does not count: it is tuned by hand.",
    ),
    Claim(
        "K29",
        "the fast.ai lesson",
        "The spread of the initial weights decides whether the values in a deep network explode, vanish or keep their "
        "size.",
        ("MD-08", "MD-09", "MD-10"),
        Seen(
            (
                "a hundred products explode or vanish, but with randn / sqrt(512) they do neither",
                "weights of variance 2 / inputs keep the mean square through a ReLU, 1 / inputs halve it",
                "behind four convolutions a = 0 keeps more than ten times the spread that a = sqrt(5) does",
            )
        ),
        "Twenty seeded draws of each. models.steps_to_fit measures the effect on the time until a network has learnt.",
    ),
)
