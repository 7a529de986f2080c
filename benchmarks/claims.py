"""What the sources claim about speed, each claim with the rule that decides it, and what a run says of each.

A claim is one entry of ``CLAIMS``. Its rule is put together from few parts: :class:`Faster` compares ways of computing
one thing, :class:`At` asks it at one case and :class:`Over` along a series of sizes, :class:`Every` joins rules of
which all must hold. Nothing is decided by a point estimate: an interval must lie wholly on one side of the threshold,
and only cells that are ``ok`` have a say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from benchmarks.cell import Cell
from benchmarks.estimates import Estimate, ratio
from benchmarks.record import Fact, Record, Run

VERDICTS = ("verified", "refuted", "size-dependent", "undecided", "not testable here")
CONFIDENCE = 0.9  # an interval with less decides nothing: five launches have 93.75 %, four 87.5 %
SIZES = 4  # a series with fewer timed cannot show whether a claim turns, so it decides nothing


def about(times: float) -> float:
    """The least speed-up that keeps a promise of "about ``times``": half of the promised gain.

    Half, because the sources differ by that much from each other: their totals for the ladder of K22 run from 43,300x
    to 85,500x. There is no upper end: more than promised does not break a promise. A gain in per cent is read in the
    weaker way: 30 % faster is 1.3 calls in the time of one.
    """
    return 1 + (times - 1) / 2


@dataclass(frozen=True)
class Answer:
    """What the cells of one case say to one question."""

    says: str  # "yes", "no", "undecided"; or why no time answers: "needs", "failed", "absent"
    figure: Estimate | None
    why: str  # "" for cells that were not asked for

    @property
    def timed(self) -> bool:
        """Whether there is a figure, decisive or not."""
        return self.figure is not None


@dataclass(frozen=True)
class Ruling:
    """What a rule makes of a run."""

    verdict: str  # one of VERDICTS
    figure: Estimate | None  # the speed-up that the verdict rests on
    detail: str


@dataclass(frozen=True)
class Evidence:
    """The records of a run, found by cell."""

    records: Mapping[str, Record]
    devices: frozenset[str]  # on which something ran, and the CPU
    cores: int  # 0 if unknown
    facts: Mapping[str, Fact]  # by what they say

    @classmethod
    def of(cls, run: Run) -> Evidence:
        """The evidence in ``run``."""
        devices = {"cpu", *(record.key.device for record in run.records if not _needs(record))}
        records = {record.cell: record for record in run.records}
        cores = run.machine.get("cores")
        facts = {fact.says: fact for fact in run.facts}
        return cls(records, frozenset(devices), cores if isinstance(cores, int) else 0, facts)

    def series(self, component: str, series: str) -> dict[int, str]:
        """The cases of a series by size, small ones first."""
        records = [record for record in self.records.values() if record.series == series]
        cases = {record.size: record.key.case for record in records if record.key.component == component}
        return dict(sorted(cases.items()))

    def missing(self, cell: Cell) -> Answer | None:
        """Why ``cell`` has no say; ``None`` if it has one."""
        record = self.records.get(str(cell))
        if record is None and cell.device not in self.devices:
            return Answer("needs", None, f"needs {cell.device}")
        if record is None:
            return Answer("absent", None, "")
        if _needs(record):
            return Answer("needs", None, record.reason)
        if record.status != "ok":
            says = "absent" if record.status == "skipped" else "failed"
            return Answer(says, None, f"{cell} is {record.status}: {record.reason}")
        return None


class Rule(Protocol):
    """How a claim is decided."""

    def decide(self, evidence: Evidence) -> Ruling:
        """The ruling on ``evidence``."""
        ...

    def asks(self) -> Iterator[At | Over]:
        """The single questions that the rule is made of; a test looks up every name in them."""
        ...


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    way: str  # as in Cell.way: "mm", "mm:compile"
    device: str = "cpu"
    threads: str = "1"

    def cell(self, component: str, case: str) -> Cell:
        """The cell of this arm at ``case``."""
        variant, _, executor = self.way.partition(":")
        return Cell(component, variant, executor or "eager", self.device, case, self.threads)

    def __str__(self) -> str:
        """The way, with what is not the default: ``mm (cuda)``, ``mm (all threads)``."""
        special = [self.device] if self.device != "cpu" else []
        special += [f"{self.threads} threads"] if self.threads != "1" else []
        return f"{self.way} ({', '.join(special)})" if special else self.way


def arms(*ways: str) -> tuple[Arm, ...]:
    """Several ways, each on one thread of the CPU."""
    return tuple(Arm(way) for way in ways)


UNTIMED = ("needs", "failed", "absent")


@dataclass(frozen=True)
class Faster:
    """Some arm of ``fast`` is at least ``times`` as fast as every arm of ``slow``; below 1, ``times`` says how near."""

    component: str
    fast: tuple[Arm, ...]
    slow: tuple[Arm, ...]
    times: float

    def at(self, evidence: Evidence, case: str) -> Answer:
        """What the cells of ``case`` say. Arms of ``fast`` without a time are passed over, but named."""
        answers = {arm: self._against_all(evidence, case, arm) for arm in self.fast}
        answer = _pick([*answers.values()], ("yes", "undecided", "no", *UNTIMED), max)
        unheard = [str(arm) for arm, other in answers.items() if not other.timed]
        if answer.says == "yes" or not answer.timed or not unheard:
            return answer
        return Answer(answer.says, answer.figure, f"{answer.why}, not counting {', '.join(unheard)}")

    def _against_all(self, evidence: Evidence, case: str, fast: Arm) -> Answer:
        answers = [self._against(evidence, case, fast, slow) for slow in self.slow]
        return _pick(answers, ("no", *UNTIMED, "undecided", "yes"), min)

    def _against(self, evidence: Evidence, case: str, fast: Arm, slow: Arm) -> Answer:
        cell, base = fast.cell(self.component, case), slow.cell(self.component, case)
        missing = [answer for side in (cell, base) if (answer := evidence.missing(side))]
        if missing:
            return _pick(missing, UNTIMED, min)
        figure = ratio(evidence.records[str(base)], evidence.records[str(cell)])
        if figure is None:
            return Answer("absent", None, f"{cell} and {base} share no launch")
        why = f"{fast} is {_x(figure.value)} as fast as {slow} ({_x(figure.low)} to {_x(figure.high)})"
        if figure.confidence < CONFIDENCE:
            why += f", with {figure.confidence:.0%} confidence from {figure.launches} launches: too few to decide"
            return Answer("undecided", figure, why)
        if figure.low >= self.times:
            return Answer("yes", figure, why)
        return Answer("no" if figure.high < self.times else "undecided", figure, why)

    def __str__(self) -> str:
        """The line that was drawn."""
        return f"holds from {_x(self.times)} on"


@dataclass(frozen=True)
class At:
    """A comparison at one case."""

    what: Faster
    case: str

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified, refuted or undecided as the case says."""
        answer = self.what.at(evidence, self.case)
        if not answer.timed:
            return _unheard(answer, f"{self.what.component}/ and /{self.case}/")
        verdict = {"yes": "verified", "no": "refuted", "undecided": "undecided"}[answer.says]
        return Ruling(verdict, answer.figure, f"at {self.case} {answer.why}; {self.what}")

    def asks(self) -> Iterator[At | Over]:
        """This one."""
        yield self


@dataclass(frozen=True)
class Over:
    """A comparison along a series of sizes."""

    what: Faster
    series: str
    case: str = ""  # whose figure is shown, the source's own; "" is the largest timed

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified or refuted where all sizes agree, size-dependent where the answer turns, undecided otherwise.

        A turn lies between two decided sizes with nothing but undecided ones between them; sizes without a time do
        not count, whatever the reason.
        """
        cases = evidence.series(self.what.component, self.series)
        answers = {size: self.what.at(evidence, case) for size, case in cases.items()}
        timed = {size: answer for size, answer in answers.items() if answer.timed}
        selection = f"{self.what.component}/"
        if not timed:
            nothing = Answer("absent", None, "")
            return _unheard(_pick([*answers.values(), nothing], UNTIMED, min), selection)
        shown = next((size for size in timed if cases[size] == self.case), max(timed))

        def ruling(verdict: str, detail: str, size: int = shown) -> Ruling:
            return Ruling(verdict, timed[size].figure, f"{detail}: at {size} {timed[size].why}; {self.what}")

        if len(timed) < SIZES:
            failed = (answer.why for answer in answers.values() if answer.says == "failed")
            hint = next(failed, _command(selection))
            return ruling("undecided", f"{len(timed)} of at least {SIZES} sizes timed ({hint})")
        decided = [size for size in timed if timed[size].says != "undecided"]
        turns = [
            f"between {a} ({_value(timed[a])}) and {b} ({_value(timed[b])})"
            for a, b in pairwise(decided)
            if timed[a].says != timed[b].says
        ]
        if turns:
            return ruling("size-dependent", f"turns {', '.join(turns)}")
        if len(decided) < len(timed):
            return ruling("undecided", "not clear", next(size for size in timed if size not in decided))
        verdict = "verified" if timed[shown].says == "yes" else "refuted"
        return ruling(verdict, f"the same at all {len(timed)} sizes from {min(timed)} to {max(timed)}")

    def asks(self) -> Iterator[At | Over]:
        """This one."""
        yield self


@dataclass(frozen=True)
class Every:
    """Rules of which all must hold. One that is refuted refutes the claim; otherwise the least known part decides."""

    parts: tuple[Rule, ...]

    def decide(self, evidence: Evidence) -> Ruling:
        """The ruling of the decisive part, which is told first, with the others behind it, a line for each."""
        rulings = [part.decide(evidence) for part in self.parts]
        order = ("refuted", "not testable here", "undecided", "size-dependent", "verified")
        first = min(rulings, key=lambda ruling: order.index(ruling.verdict))
        others = [f"{ruling.verdict}: {ruling.detail}" for ruling in rulings if ruling != first]
        return Ruling(first.verdict, first.figure, "\n".join(dict.fromkeys([first.detail, *others])))

    def asks(self) -> Iterator[At | Over]:
        """Those of all parts."""
        for part in self.parts:
            yield from part.asks()


@dataclass(frozen=True)
class Seen:
    """Facts that were looked at in the run: all must hold."""

    says: tuple[str, ...]

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified or refuted as they are here; what could not be looked at decides nothing."""
        facts = [evidence.facts.get(says) for says in self.says]
        known = [fact for fact in facts if fact is not None]
        if len(known) < len(facts):
            return Ruling("not testable here", None, "not looked at in this run: it is older than the claim")
        detail = "\n".join(f"{_truth(fact.holds)}: {fact.says}: {fact.seen}" for fact in known)
        if any(fact.holds is None for fact in known):
            return Ruling("undecided", None, detail)
        return Ruling("verified" if all(fact.holds for fact in known) else "refuted", None, detail)

    def asks(self) -> Iterator[At | Over]:
        """No times."""
        yield from ()


def _truth(holds: bool | None) -> str:
    return {True: "so it is", False: "it is not so", None: "could not be seen"}[holds]


@dataclass(frozen=True)
class PerCore:
    """At one case the best of several numbers of workers is the number of cores, or twice as many.

    Best is a number that no other beats by more than a twentieth: two of them may tie.
    """

    component: str
    case: str
    ways: Mapping[int, str]  # number of workers -> way

    def decide(self, evidence: Evidence) -> Ruling:
        """As the case says on this machine; no number of workers can be tried that has no variant."""
        advised = {evidence.cores, 2 * evidence.cores} - {0}
        fast = arms(*(way for number, way in self.ways.items() if number in advised))
        slow = arms(*(way for number, way in self.ways.items() if number not in advised))
        if not fast:
            has = f"this machine has {evidence.cores or 'an unknown number'}"
            return Ruling("not testable here", None, f"needs a variant with a worker or two for each core: {has}")
        return At(Faster(self.component, fast, slow, times=0.95), self.case).decide(evidence)

    def asks(self) -> Iterator[At | Over]:
        """What it might ask on some machine."""
        every = arms(*self.ways.values())
        yield At(Faster(self.component, every, every, times=0.95), self.case)


def ladder(component: str, case: str, *rungs: str, total: float) -> Every:
    """The last of ``rungs`` is ``total`` times as fast as the first, and each is faster than the one before."""

    def step(slow: str, fast: str, times: float) -> At:
        return At(Faster(component, arms(fast), arms(slow), times), case)

    steps = [step(slow, fast, 1.0) for slow, fast in pairwise(rungs)]
    return Every((step(rungs[0], rungs[-1], total), *steps))


@dataclass(frozen=True)
class Claim:
    """A statement of a source, in our words."""

    id: str  # as in the catalogue's ledger: "K17"
    source: str
    text: str
    rows: tuple[str, ...]  # of the catalogue
    rule: Rule
    reason: str  # why the rule draws the line where it does


@dataclass(frozen=True)
class Finding:
    """What a run says of a claim."""

    claim: Claim
    verdict: str  # one of VERDICTS
    figure: Estimate | None  # the speed-up that the verdict rests on; None where nothing was timed
    detail: str


SAME = 0.9  # the same time: within a tenth
ON_PAR = 0.5  # as good as: at most twice the time. Beyond it, nobody weighs one way against the other any more
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
        "The copies to the GPU and back are left out, as in the source; the variant through_cuda has them in. All "
        "cores of the CPU work. Half of the gain, because both are other devices than the source's.",
    ),
    Claim(
        "K02",
        "the book chapter",
        "torch.Tensor always copies an array, torch.from_numpy never.",
        ("TN-02",),
        Seen(
            (
                "torch.Tensor copies a float32 array",
                "torch.Tensor copies an int64 array",
                "torch.from_numpy shares the array's memory",
            )
        ),
        "No time is asked: the addresses are compared. The chapter's array holds integers, which have to be cast.",
    ),
    Claim(
        "K03",
        "the book chapter",
        "An einsum may be faster than what is written by hand, because it chooses the order and calls the BLAS.",
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
        "By hand is what one writes first, from left to right. Asked as torch is installed, where nobody chooses, and "
        "with opt_einsum, which does.",
    ),
    Claim(
        "K04",
        "the book chapter",
        "torch.compile makes an einsum faster.",
        ("ES-14",),
        Over(Faster("einsum.lone", arms("einsum:compile"), arms("einsum"), 1.0), series="10:20:30", case="10x20x30"),
        "A lone einsum, as the source has it. Where more is to be done with its result there is something to fuse: "
        "einsum.epilogue.",
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
        "Any gain counts. The memory is in the report: with two hidden layers the peak is the same, and it differs "
        "from more layers on, because what backward needs is kept for all of them.",
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
        "Any gain counts where there is something to turn off. Where there is neither, as in the book's network, the "
        "modes must take the same time, within a tenth. Both run under no_grad, which is no matter of the mode.",
    ),
    Claim(
        "K07",
        "the book chapter",
        "A DataLoader wants as many workers as there are cores, or twice as many; small data sets are read faster by "
        "one process.",
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
        "Small is the source's own set, 100 rows in batches of 4. The other half is asked of the largest sets that "
        "every full run holds: samples that are dear to make, and samples that are cheap. Whole epochs are "
        "compared, start of the workers included.",
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
        "No time is asked. The gradients are the claim; that hooks are skipped is why one calls it all the same.",
    ),
    Claim(
        "K09",
        "the book chapter",
        "BCEWithLogitsLoss is more stable than a sigmoid and BCELoss.",
        ("LS-04",),
        Seen(("BCEWithLogitsLoss is right at a logit of 200 where BCELoss and the formula are not",)),
        "No time is asked: the losses of one logit, far on the wrong side, are compared with the right one.",
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
        "Any gain counts, from the page cache and from the disk. Each way of loading reads every number: a lazy "
        "mapping must not win by not reading.",
    ),
    Claim(
        "K11",
        "the book chapter",
        "To save a whole model is convenient but fragile.",
        ("CK-02",),
        Seen(
            (
                "torch.load refuses a whole network unless it is told to trust the file",
                "a whole network cannot be loaded without its class, its state can",
            )
        ),
        "No time is asked. Since torch 2.6 the line that the chapter shows raises an error.",
    ),
    Claim(
        "K12",
        "the book chapter",
        "With more memory batches are larger, and training is more efficient.",
        ("TR-09",),
        Every(
            (
                At(Faster("training.batch_size", arms("batch_128"), arms("batch_32"), 1.0), case="128"),
                At(Faster("training.time_to_loss", arms("batch_256"), arms("batch_32"), 1.0), case="digits"),
                At(Faster("training.time_to_loss", arms("whole"), arms("batch_256"), 1.0), case="digits"),
            )
        ),
        "Two things are asked: samples in a second, and the time until the loss is low. Any gain counts for both, and "
        "larger has to stay better until the batch is the whole set.",
    ),
    Claim(
        "K13",
        "the book chapter",
        "Copies between the CPU and the GPU are costly: one decides by them what to compute where.",
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
        "Costly: of a product with the copies there and back, the copies take more than half.",
    ),
    Claim(
        "K14",
        "Effective PyTorch",
        "Broadcasting is faster than repeating what is to be added, and needs less memory.",
        ("BC-01",),
        Over(Faster("broadcast.add", arms("broadcast"), arms("repeat"), 1.0), series="square", case="2x2"),
        "Any gain counts. The memory is that of one matrix against two, which the report shows beside the times.",
    ),
    Claim(
        "K15",
        "Effective PyTorch",
        "A layer over two inputs, one of them the same for all steps, is more efficient as two merged layers than by "
        "tiling and joining.",
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
        "both sides have the same parameters; the source's have two.",
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
        'Half of the gain is enough. The "100 %" of the source at hand is a slip of its translation.',
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
        "Half of each gain is enough: 5 %, and 50 times. The source names no sizes.",
    ),
    Claim(
        "K19",
        "Effective PyTorch",
        "A data set that reads a tar file from its beginning delivers every sample once for each worker.",
        ("DL-06",),
        Seen(("a naive tar loader delivers each file once for each worker",)),
        "No time is asked: what none, one and two workers deliver is counted.",
    ),
    Claim(
        "K20",
        "Effective PyTorch",
        "Mixed precision takes down to half the time.",
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
        "On a GPU, at the source's size, which runs only when it is named; bfloat16 on the CPU is a row beside it.",
    ),
    Claim(
        "K21",
        "Effective PyTorch",
        "Softmax and cross entropy as the formulas are written overflow at [1000, 0]; shifted, the loss is 500.",
        ("LS-01", "LS-02"),
        Seen(
            (
                "a softmax of exp / sum gives nan at [1000, 0]",
                "a cross entropy of log(softmax) gives inf at [1000, 0]",
                "shifted, it is 500.0 with the gradient [0.5, -0.5]",
            )
        ),
        "No time is asked: the three results are looked at.",
    ),
    Claim(
        "K22",
        "the fast.ai lesson",
        "From loops over elements to matmul, each rung of the ladder is faster than the one before; in all it is "
        "50,000 times.",
        ("MM-01",),
        ladder(
            "matmul.ladder",
            "5x784x10",
            *("loop", "row_times_column", "row_broadcast", "einsum", "matmul"),
            total=about(50_000),
        ),
        "Half of the gain is enough in all; a rung must only be faster. It is asked at the source's size alone: the "
        "total is what Python costs for each element, so it is another one at any other size.",
    ),
    Claim(
        "K23",
        "the fast.ai lesson",
        "For the relu, one function of the library beats operators put together.",
        ("LY-07",),
        Over(Faster("layers.relu", arms("clamp_min"), arms("mask"), 1.0), series="rows of 50", case="10000x50"),
        "Any gain counts. Put together is the lesson's mask, x * (x > 0); the report has the other ways beside it.",
    ),
    Claim(
        "K24",
        "the fast.ai lesson",
        "addmm is marginally faster than a product and the addition of the bias.",
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
        "The gradient of a weight as a giant outer product is inefficient: a matrix product is 18 times as fast.",
        ("BP-07",),
        Over(
            Faster("backprop.weight_gradient", arms("matmul"), arms("outer_sum"), about(18)),
            series="rows of 784 and 50",
            case="1000x784x50",
        ),
        "Half of the gain is enough. The source's 50,000 rows take 8 GB as an outer product: "
        "`-k backprop.weight_gradient/outer_sum/eager/cpu/50000x784x50-outer/1` has them.",
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
        "The same is within a tenth, either way, at the source's size.",
    ),
    Claim(
        "K27",
        "the fast.ai lesson",
        "The backward pass of autograd is 4.7 times as fast as the one by hand.",
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
        "Half of the gain is enough. The first pair is the source's, in which autograd leaves out the gradient of the "
        "inputs, half of the products; the second does equal work.",
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
        "A rival takes at most twice the time; the best of the plain loops counts, in numba or C and in either order "
        "of the loops. The kernel that keeps its sums in registers does not: it is tuned by hand.",
    ),
    Claim(
        "K29",
        "the fast.ai lesson",
        "The spread of the first weights decides whether a deep network's numbers explode, vanish or keep their size.",
        ("MD-08", "MD-09", "MD-10"),
        Seen(
            (
                "a hundred products explode or vanish, but with randn / sqrt(512) they do neither",
                "weights of variance 2 / inputs keep the mean square through a ReLU, 1 / inputs halve it",
                "behind four convolutions a = 0 keeps more than ten times the spread that a = sqrt(5) does",
            )
        ),
        "Twenty draws of each, from a seed. What it is worth in time until a network has learnt: models.steps_to_fit.",
    ),
    Claim(
        "K30",
        "the book chapter",
        "A data set of points from a Dirichlet distribution may make its tensors sample by sample.",
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
        "It may if a sample costs at most twice what it does when the same loader fetches whole batches: in the "
        "source's batches of 4, and in batches of 64 as the set grows.",
    ),
)


def decide(run: Run, claims: Sequence[Claim] | None = None) -> tuple[Finding, ...]:
    """A finding for each of ``claims``, by default those that the run's selection concerns, in the ledger's order."""
    evidence = Evidence.of(run)
    chosen = concerning(run) if claims is None else claims
    rulings = [(claim, claim.rule.decide(evidence)) for claim in chosen]
    return tuple(Finding(claim, ruling.verdict, ruling.figure, ruling.detail) for claim, ruling in rulings)


def concerning(run: Run) -> tuple[Claim, ...]:
    """The claims that have to do with what was selected: with the cells that they compare, or with their rows.

    A full run concerns all of them.
    """
    if run.selection == "full":
        return CLAIMS
    evidence = Evidence.of(run)
    facts = looked_at(row for problem in run.problems for row in problem.rows)
    return tuple(
        claim
        for claim in CLAIMS
        if claim in facts or any(_compares(question, evidence) for question in claim.rule.asks())
    )


def looked_at(rows: Iterable[str]) -> tuple[Claim, ...]:
    """The claims on ``rows`` of the catalogue that facts have a say in."""
    wanted = set(rows)
    return tuple(claim for claim in CLAIMS if any(seen(claim.rule)) and wanted & set(claim.rows))


def seen(rule: Rule) -> Iterator[str]:
    """What the facts say that ``rule`` asks for."""
    if isinstance(rule, Seen):
        yield from rule.says
    for part in rule.parts if isinstance(rule, Every) else ():
        yield from seen(part)


def _compares(question: At | Over, evidence: Evidence) -> bool:
    """Whether the run has cells for both sides at some case, timed or not."""
    what = question.what
    cases = evidence.series(what.component, question.series).values() if isinstance(question, Over) else [question.case]
    return any(_both(what, case, evidence.records) for case in cases)


def _both(what: Faster, case: str, records: Mapping[str, Record]) -> bool:
    fast, slow = (
        {str(arm.cell(what.component, case)) for arm in side} & records.keys() for side in (what.fast, what.slow)
    )
    return bool(fast and slow) and len(fast | slow) > 1  # one cell alone cannot be compared with itself


def _needs(record: Record) -> bool:
    return record.status == "skipped" and record.reason.startswith("needs ")


def _unheard(answer: Answer, selection: str) -> Ruling:
    """The ruling where no time answers."""
    if answer.says == "absent":
        why = f" ({answer.why})" if answer.why else ""
        return Ruling("not testable here", None, f"not measured in this run: {_command(selection)}{why}")
    return Ruling("not testable here" if answer.says == "needs" else "undecided", None, answer.why)


def _pick(answers: Sequence[Answer], order: Sequence[str], end: Callable[..., Answer]) -> Answer:
    """The answer that stands first in ``order``; of several, that with the highest or lowest figure (``end``)."""
    says = min((answer.says for answer in answers), key=order.index)
    return end(
        (answer for answer in answers if answer.says == says),
        key=lambda answer: answer.figure.value if answer.figure else 0.0,
    )


def _command(selection: str) -> str:
    return f"python -m benchmarks run -k {selection!r}"


def _value(answer: Answer) -> str:
    return _x(answer.figure.value) if answer.figure else "no time"


def _x(times: float) -> str:
    """A factor with three digits: ``0.31x``, ``1.15x``, ``52,300x``."""
    return f"{float(f'{times:.3g}'):,.0f}x" if times >= 1000 else f"{times:.3g}x"
