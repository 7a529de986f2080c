"""What a component is: its rows in the catalogue, its baseline, what was not built and why."""

from __future__ import annotations

from perfsuite.reporting.html.blocks import Block, Facts, Section, prose
from perfsuite.reporting.view import View

DERIVED = {"reference": "Reference", "tolerance": "Tolerance", "flops": "FLOPs", "bytes": "Bytes"}


def render(view: View) -> Section | None:
    """Facts that the component declares about itself."""
    problem = view.problem
    facts = (
        ("Catalogue", ", ".join(problem.rows)),
        ("Baseline", problem.baseline),
        ("Version", problem.version),
        ("Cases", ", ".join(problem.cases)),
    )
    blocks: list[Block] = [Facts(tuple(fact for fact in facts if fact[1]), wide=True)]
    if problem.defaults:
        derived = tuple((DERIVED.get(part, part), how) for part, how in problem.defaults.items())
        blocks.append(prose("Not declared by the component, and derived:"))
        blocks.append(Facts(derived, wide=True))
    if problem.left_out:
        blocks.append(Facts(tuple((f"Not built: {name}", why) for name, why in problem.left_out.items()), wide=True))
    return Section("about", "About this component", tuple(blocks))
