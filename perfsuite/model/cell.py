"""The name of one measurement: a short stable string with every axis that can change a time."""

from __future__ import annotations

from dataclasses import dataclass

AXES = "family.component/variant/executor/device/case/threads[@cold]"


@dataclass(frozen=True, order=True)
class Cell:
    """One variant of one component, run in one way on one case."""

    component: str  # "matmul.ladder"
    variant: str  # "mm"
    executor: str  # "eager", "compile", "cudagraph", "channels_last+compile"
    device: str  # "cpu", "cuda"
    case: str  # "5x784x10"
    threads: str  # "1", "all"
    cold: bool = False  # caches flushed before each call

    def __str__(self) -> str:
        """The cell as text, e.g. ``matmul.ladder/mm/eager/cpu/5x784x10/1``."""
        axes = (self.component, self.variant, self.executor, self.device, self.case, self.threads)
        return "/".join(axes) + ("@cold" if self.cold else "")

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Parse the output of ``str``.

        Raises:
            ValueError: ``text`` does not have six axes.
        """
        plain, _, temperature = text.partition("@")
        axes = plain.split("/")
        if len(axes) != 6 or not all(axes) or temperature not in ("", "cold"):
            raise ValueError(f"{text!r} is not a cell; expected {AXES}")
        component, variant, executor, device, case, threads = axes
        return cls(component, variant, executor, device, case, threads, cold=temperature == "cold")

    @property
    def group(self) -> tuple[str, str, str, str, bool]:
        """What the cells that are timed in turns have in common: everything except variant and executor."""
        return (self.component, self.device, self.case, self.threads, self.cold)

    @property
    def compiles(self) -> bool:
        """Whether it is compiled: an executor is one part, or several joined by "+"."""
        return any(part.startswith("compile") for part in self.executor.split("+"))

    @property
    def way(self) -> str:
        """Variant and executor: ``mm`` or ``mm:compile``."""
        return self.variant if self.executor == "eager" else f"{self.variant}:{self.executor}"

    @property
    def slug(self) -> str:
        """The cell as a file name or an anchor, without characters that are special in a path or a URL."""
        return str(self).replace("/", "-").replace("@", "-")
