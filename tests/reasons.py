"""A project with pairs of functions whose difference has a known reason, for `explain`.

``python tests/reasons.py FOLDER [REASON...]`` makes it in FOLDER, explains each pair (or those that are named) that is
not explained there yet, and writes the tables of `docs/explaining.md` anew; rows of other pairs stay as they are.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import own


def _cell(component: str, variant: str, case: str, executor: str = "eager", threads: str = "1") -> str:
    return f"pairs.{component}/{variant}/{executor}/cpu/{case}/{threads}"


CELLS = {  # the kind of reason -> the faster and the slower cell
    "temporary": (_cell("sums", "in_pieces", "64MiB"), _cell("sums", "temporary", "64MiB")),
    "dispatches": (_cell("rows", "at_once", "500"), _cell("rows", "row_by_row", "500")),
    "strided read": (_cell("order", "along", "1024"), _cell("order", "across", "1024")),
    "denormals": (_cell("tiny", "normal", "2e5"), _cell("tiny", "subnormal", "2e5")),
    "sync": (_cell("steps", "asked_once", "300"), _cell("steps", "asked_each_step", "300")),
    "page faults": (_cell("pages", "reused", "64MiB"), _cell("pages", "fresh", "64MiB")),
    "recompile": (_cell("compiling", "compiled_before", "1000"), _cell("compiling", "compiled_again", "1000")),
    "upcast": (_cell("double", "in_single", "1e6"), _cell("double", "in_double", "1e6")),
    "threads": (_cell("pool", "gammas", "4e6", threads="all"), _cell("pool", "gammas", "4e6")),
    "copy": (_cell("copies", "as_it_is", "4096"), _cell("copies", "copied", "4096")),
    "python loop": (_cell("python", "in_torch", "1e4"), _cell("python", "element_by_element", "1e4")),
    "lost fusion": (_cell("fusing", "whole", "2e6", "compile"), _cell("fusing", "broken", "2e6", "compile")),
}
DEPENDS = {  # reasons that do not cost time everywhere
    "denormals": "this processor computes with subnormal numbers as quickly",
    "threads": "this machine has no second core that is free",
}
PAGE = own.ENGINE / "docs" / "explaining.md"
SLOWED = "return torch.stack([row.sum() for row in x])\n\n\ndef row_by_row"

FILES = {
    "pyproject.toml": """\
[project]
name = "reasons"
version = "0.1"

[tool.perfsuite]
benchmarks = "perf"
package = "reasons"
""",
    ".gitignore": "results/\n__pycache__/\n",
    "reasons/__init__.py": "",
    "reasons/known.py": '''\
"""Pairs of functions: the same result, and one reason why one is slower."""

import itertools
import types

import torch


def in_pieces(x):
    total = torch.zeros(())
    for piece in x.view(256, -1):
        total += piece.mul(3).sum()
    return total


def temporary(x):
    return x.mul(3).sum()


def at_once(x):
    return x.sum(1)


def row_by_row(x):
    return torch.stack([row.sum() for row in x])


def along(x, w, turned):
    return x + w


def across(x, w, turned):
    return x + turned.t()


def normal(x):
    return x.mul(1e-3).sqrt().mul(10**-1.5)


def subnormal(x):
    return x.mul(1e-39).sqrt().mul(10**16.5)


def asked_once(x):
    total = x[0].clone()
    for step in range(1, len(x)):
        total += x[step]
    if total.item() == float("inf"):
        raise ValueError
    return total


def asked_each_step(x):
    total = x[0].clone()
    for step in range(1, len(x)):
        total += x[step]
        if total.item() == float("inf"):
            raise ValueError
    return total


def reused(x):
    buffer = torch.empty_like(x)

    def call():
        return torch.mul(x, 2, out=buffer)

    return call


reused.__prepared__ = True


def fresh(x):
    return x.mul(2)


def step(x):
    return x * 2 + 1


def compiled_before(x):
    return torch.compile(step, backend="eager", dynamic=False)(x)


def compiled_again(x):
    again = types.FunctionType(step.__code__.replace(co_name="step"), step.__globals__)
    return torch.compile(again, backend="eager", dynamic=False)(x)


def in_single(x):
    return x.exp().mul(2).sin()


def in_double(x):
    return x.double().exp().mul(2).sin().float()


def as_it_is(x):
    return x.sum(1)


def copied(x):
    return x.clone().sum(1)


def in_torch(x):
    return x.mul(2).add(1)


def element_by_element(x):
    return torch.tensor([2 * one + 1 for one in x.tolist()])


def whole(x):
    y = x * 2
    y = y + 1
    y = y * y
    return y.relu()


def broken(x):
    y = x * 2
    torch._dynamo.graph_break()
    y = y + 1
    torch._dynamo.graph_break()
    y = y * y
    torch._dynamo.graph_break()
    return y.relu()


def gammas(x):
    return x.lgamma()
''',
    "perf/pairs.py": '''\
import torch
from perfsuite import component
from reasons import known


def _normal(case, generator):
    return torch.randn(*case.of, generator=generator)


@component(variants=[known.in_pieces, known.temporary], cases={"64MiB": {"of": (1 << 24,)}}, tolerance=1e-2)
def sums(case, generator):
    """A temporary of 64 MiB."""
    return torch.rand(*case.of, generator=generator)


@component(variants=[known.at_once, known.row_by_row], cases={"500": {"of": (500, 16)}})
def rows(case, generator):
    """500 operators or one."""
    return _normal(case, generator)


@component(variants=[known.along, known.across], cases={"1024": {"of": (1024, 1024)}})
def order(case, generator):
    """A matrix that is read across the order of memory."""
    x, w = _normal(case, generator), _normal(case, generator)
    return x, w, w.t().contiguous()


@component(variants=[known.normal, known.subnormal], cases={"2e5": {"of": (200_000,)}}, tolerance=1e-2)
def tiny(case, generator):
    """Intermediate results that are subnormal."""
    return torch.rand(*case.of, generator=generator) + 0.5


@component(variants=[known.asked_once, known.asked_each_step], cases={"300": {"of": (300,)}}, tolerance=1e-3)
def steps(case, generator):
    """A value fetched in each step."""
    return torch.rand(*case.of, generator=generator)


@component(variants=[known.reused, known.fresh], cases={"64MiB": {"of": (1 << 24,)}})
def pages(case, generator):
    """A fresh result in each call."""
    return _normal(case, generator)


@component(variants=[known.compiled_before, known.compiled_again], cases={"1000": {"of": (1000,)}})
def compiling(case, generator):
    """A graph compiled in each call."""
    return _normal(case, generator)


@component(variants=[known.in_single, known.in_double], cases={"1e6": {"of": (1_000_000,)}}, tolerance=1e-3)
def double(case, generator):
    """A computation in float64."""
    return _normal(case, generator)


@component(variants=[known.as_it_is, known.copied], cases={"4096": {"of": (4096, 1024)}})
def copies(case, generator):
    """A copy for nothing."""
    return _normal(case, generator)


@component(variants=[known.in_torch, known.element_by_element], cases={"1e4": {"of": (10_000,)}})
def python(case, generator):
    """A loop over elements."""
    return _normal(case, generator)


@component(
    variants=[known.whole, known.broken], cases={"2e6": {"of": (2_000_000,)}}, executors=["compile", "eager"]
)
def fusing(case, generator):
    """A graph in pieces."""
    return _normal(case, generator)


@component(variants=[known.gammas], cases={"4e6": {"of": (4_000_000,), "threads": ("1", "all")}}, tolerance=1e-4)
def pool(case, generator):
    """One thread or all, on a long call, whose parts need not wait for each other until its end."""
    return torch.rand(*case.of, generator=generator) + 2
''',
}


def project(root: Path) -> Path:
    """The project, in a repository with one commit."""
    if not root.exists():
        root.mkdir(parents=True)
        own.git(root, "init", "-q", "-b", "main")
        own.commit(root, "first", FILES)
    return root


def explained(root: Path, reason: str, *words: str) -> dict[str, object]:
    """What the command tells about a pair."""
    told: dict[str, object] = json.loads(
        own.perfsuite(root, "explain", *CELLS[reason], *words, "--json", seconds=1800).stdout
    )
    return told


def rules() -> str:
    """The table of the rules: the kind of reason and what the rule's function says about it."""
    from perfsuite.explaining.reasons import rules as all_rules

    lines = ["", "| reason | what the rule looks for |", "|---|---|"]
    for kind, rule in all_rules.RULES.items():
        lines.append(f"| {kind} | {' '.join((rule.__doc__ or '').split())} |")
    return "\n".join([*lines, ""])


def known(root: Path) -> str:
    """The table of the pairs: what the command said about each in ``root``, and the rows of all others as they are."""
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", shown("known"), re.MULTILINE)[1:])
    for path in (root / "told").glob("*.json"):
        rows[path.stem] = json.loads(path.read_text())["text"]
    lines = ["", "| what is known | what `explain` says |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {text} |" for name, text in sorted(rows.items())), ""])


def shown(name: str) -> str:
    """The text at a place of the page."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE.read_text(), re.DOTALL)
    assert found, name
    return found[1]


def write(name: str, text: str) -> None:
    """Put ``text`` into its place in the page."""
    pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)"
    PAGE.write_text(re.sub(pattern, lambda _: f"{text}\n", PAGE.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    where = project(Path(sys.argv[1]))
    (where / "told").mkdir(exist_ok=True)
    for one in sys.argv[2:] or CELLS:
        kept = where / "told" / f"{one}.json"
        if not kept.exists():
            told: Any = explained(where, one, "--launches", "3")
            print(one, told["text"], flush=True)
            if told["ratio"]["low"] > 1:  # else another try may find the machine quieter
                kept.write_text(json.dumps(told, indent=1))
    write("rules", rules())
    write("known", known(where))
