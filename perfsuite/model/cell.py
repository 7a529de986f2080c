"""The name of one measurement: a short stable string that holds every axis which can change a time."""

from __future__ import annotations

from dataclasses import dataclass

AXES = "family.component/variant/executor/device/case/threads[@cold]"


@dataclass(frozen=True, order=True)
class Cell:
    """One variant of one component, run in one way on one case."""

    component: str  # "matmul.ladder"
    variant: str  # "mm"
    executor: str  # "eager", "compile", "cudagraph"
    device: str  # "cpu", "cuda"
    case: str  # "5x784x10"
    threads: str  # "1", "all"
    cold: bool = False  # caches flushed before each call

    def __str__(self) -> str:
        """The cell as people write it, e.g. ``matmul.ladder/mm/eager/cpu/5x784x10/1``."""
        axes = (self.component, self.variant, self.executor, self.device, self.case, self.threads)
        return "/".join(axes) + ("@cold" if self.cold else "")

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read what ``str`` wrote.

        Raises:
            ValueError: ``text`` has not six axes.
        """
        plain, _, temperature = text.partition("@")
        axes = plain.split("/")
        if len(axes) != 6 or not all(axes) or temperature not in ("", "cold"):
            raise ValueError(f"{text!r} is not a cell; a cell reads {AXES}")
        component, variant, executor, device, case, threads = axes
        return cls(component, variant, executor, device, case, threads, cold=temperature == "cold")

    @property
    def group(self) -> tuple[str, str, str, str, bool]:
        """What the cells that are timed in turns have in common: everything but how it is computed."""
        return (self.component, self.device, self.case, self.threads, self.cold)

    @property
    def way(self) -> str:
        """How it is computed: ``mm`` or ``mm:compile``."""
        return self.variant if self.executor == "eager" else f"{self.variant}:{self.executor}"

    @property
    def slug(self) -> str:
        """The cell as one name of a file or an anchor: no character that a path or a URL treats apart."""
        return str(self).replace("/", "-").replace("@", "-")
