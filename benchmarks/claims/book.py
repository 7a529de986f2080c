"""The claims of the book chapter."""

from __future__ import annotations

from benchmarks.claims.claim import Claim
from benchmarks.claims.rules import ON_PAR, SAME, Arm, At, Every, Faster, Over, PerCore, Seen, about, arms

WORKERS = {0: "per_sample", 1: "workers_1", 2: "workers_2", 4: "workers_4"}

CLAIMS = (
    Claim(
        "K01",
        "the book chapter",
        "A GPU multiplies two 10000 x 10000 matrices 16.2 times as fast as the CPU.",
        ("MM-02",),
        At(
            Faster(
                "matmul.large",
                fast=(Arm("same_operand", device="cuda", threads="all"),),
                slow=(Arm("same_operand", threads="all"),),
                times=about(16.2),
            ),
            case="10000",
        ),
        "The copies to the GPU and back are left out, as in the source; the variant through_cuda includes them. All "
        "CPU cores are used. Half of the gain is enough, because both devices differ from the source's.",
    ),
    Claim(
        "K02",
        "the book chapter",
        "torch.Tensor always copies an array, torch.from_numpy never does.",
        ("TN-02",),
        Seen(
            (
                "torch.Tensor copies a float32 array",
                "torch.Tensor copies an int64 array",
                "torch.from_numpy shares the array's memory",
            )
        ),
        "Nothing is timed: the addresses are compared. The chapter's array holds integers, which have to be converted.",
    ),
    Claim(
        "K03",
        "the book chapter",
        "An einsum may be faster than code written by hand, because it chooses the order and calls the BLAS.",
        ("ES-13",),
        Every(
            (
                Over(
                    Faster("einsum.chain", arms("einsum_in_order"), arms("left_to_right"), 1.0),
                    series="three factors",
                    case="1024-3",
                ),
                Over(
                    Faster("einsum.chain", arms("einsum_planned"), arms("left_to_right"), 1.0),
                    series="three factors",
                    case="1024-3",
                ),
            )
        ),
        "By hand means the obvious code, from left to right. It is compared with torch alone, which does not choose an "
        "order, and with opt_einsum, which does.",
    ),
    Claim(
        "K04",
        "the book chapter",
        "torch.compile makes an einsum faster.",
        ("ES-14",),
        Over(Faster("einsum.lone", arms("einsum:compile"), arms("einsum"), 1.0), series="10:20:30", case="10x20x30"),
        "A single einsum, as in the source. If more operators follow, there is something to fuse: einsum.epilogue has "
        "that.",
    ),
    Claim(
        "K05",
        "the book chapter",
        "Under no_grad a forward pass takes less time and memory.",
        ("AG-01",),
        Over(
            Faster("autograd.tracking", arms("no_grad"), arms("tracked"), 1.0),
            series="rows through 784-512-512-10",
            case="128x784x512x512x10",
        ),
        "Any gain counts. The report has the memory: the peak is the same with two hidden layers, and differs with "
        "more, because the tensors that backward needs are kept for all layers.",
    ),
    Claim(
        "K06",
        "the book chapter",
        "In eval() inference is faster, because dropout and batch norm are turned off.",
        ("MD-06",),
        Every(
            (
                *(
                    At(Faster("models.modes", arms("evaluate"), arms("train"), 1.0), case=f"64x28x28-{kind}")
                    for kind in ("both", "dropout", "batch-norm")
                ),
                At(Faster("models.modes", arms("train"), arms("evaluate"), SAME), case="64x28x28-neither"),
                At(Faster("models.modes", arms("evaluate"), arms("train"), SAME), case="64x28x28-neither"),
            )
        ),
        "Any gain counts if there is something to turn off. Without dropout and batch norm, as in the book's network, "
        "both modes must take the same time, within 10 %. Both run under no_grad, which is independent of the mode.",
    ),
    Claim(
        "K07",
        "the book chapter",
        "A DataLoader should have as many workers as there are cores, or twice as many; small data sets are read "
        "faster by one process.",
        ("DL-02",),
        Every(
            (
                At(
                    Faster("dataload.dirichlet", arms("per_sample"), arms("workers_1", "workers_2", "workers_4"), 1.0),
                    case="100-b4",
                ),
                PerCore("dataload.decode", "128-b8", WORKERS),
                PerCore("dataload.images", "1000-b32", WORKERS),
            )
        ),
        "Small means the source's own set, 100 rows in batches of 4. The first half is decided with the largest sets "
        "of a full run, one with expensive samples and one with cheap samples. Whole epochs are compared, including "
        "the start of the workers.",
    ),
    Claim(
        "K08",
        "the book chapter",
        "A model must be called, model(x): with model.forward(x) the gradients may be wrong.",
        ("MD-03",),
        Seen(
            (
                "network.forward(x) gives other gradients than network(x)",
                "a hook runs in network(x) and not in network.forward(x)",
            )
        ),
        "Nothing is timed. The claim is about gradients; the real reason to call a model is that forward skips hooks.",
    ),
    Claim(
        "K09",
        "the book chapter",
        "BCEWithLogitsLoss is more stable than a sigmoid and BCELoss.",
        ("LS-04",),
        Seen(("BCEWithLogitsLoss is right at a logit of 200 where BCELoss and the formula are not",)),
        "Nothing is timed: the losses of one very wrong logit are compared with the correct value.",
    ),
    Claim(
        "K10",
        "the book chapter",
        "safetensors is safer and faster than a pickle.",
        ("CK-01", "CK-03"),
        Every(
            (
                Over(
                    Faster("checkpoint.load", arms("safetensors"), arms("torch_load"), 1.0),
                    series="numbers",
                    case="mlp",
                ),
                *(
                    At(Faster("checkpoint.load_cold", arms("safetensors"), arms("torch_load"), 1.0), case=case)
                    for case in ("mlp", "mlp-x8")
                ),
                Seen(("a trusted pickle calls what it names, and the default refuses to",)),
            )
        ),
        "Any gain counts, from the page cache and from the disk. Every variant reads every number: a lazy mapping must "
        "not win by not reading.",
    ),
    Claim(
        "K11",
        "the book chapter",
        "Saving a whole model is convenient but fragile.",
        ("CK-02",),
        Seen(
            (
                "torch.load refuses a whole network unless it is told to trust the file",
                "a whole network cannot be loaded without its class, its state can",
            )
        ),
        "Nothing is timed. Since torch 2.6 the line that the chapter shows raises an error.",
    ),
    Claim(
        "K12",
        "the book chapter",
        "More memory allows larger batches, which make training more efficient.",
        ("TR-09",),
        Every(
            (
                At(Faster("training.batch_size", arms("batch_128"), arms("batch_32"), 1.0), case="128"),
                At(Faster("training.time_to_loss", arms("batch_256"), arms("batch_32"), 1.0), case="digits"),
                At(Faster("training.time_to_loss", arms("whole"), arms("batch_256"), 1.0), case="digits"),
            )
        ),
        "Two figures are compared: samples per second, and the time until the loss is low. Any gain counts for both, "
        "and larger has to remain better up to a batch of the whole set.",
    ),
    Claim(
        "K13",
        "the book chapter",
        "Copies between the CPU and the GPU are expensive: they decide what to compute where.",
        ("MM-02",),
        At(
            Faster(
                "matmul.large",
                fast=(Arm("same_operand", device="cuda", threads="all"),),
                slow=(Arm("through_cuda", threads="all"),),
                times=2.0,
            ),
            case="1024",
        ),
        "Expensive means that the copies to the GPU and back take more than half of the time of a product with copies.",
    ),
    Claim(
        "K30",
        "the book chapter",
        "A data set of points from a Dirichlet distribution can make its tensors sample by sample.",
        ("DL-01",),
        Every(
            (
                At(Faster("dataload.dirichlet", arms("per_sample"), arms("getitems"), ON_PAR), case="100-b4"),
                Over(
                    Faster("dataload.dirichlet", arms("per_sample"), arms("getitems"), ON_PAR),
                    series="batches of 64",
                ),
            )
        ),
        "The claim holds if a sample costs at most twice as much as when the same loader fetches whole batches: in "
        "the source's batches of 4, and in batches of 64 as the set grows.",
    ),
)
