"""The tests themselves: how many there are. That every process collects the same ones is seen by xdist in each session.

Its processes have hash seeds of their own, and it refuses to start where their lists differ.
"""

from __future__ import annotations

from collections import Counter

import pytest

from perfsuite.project import catalogue


def test_the_tests_grow_with_the_components_and_no_faster(request: pytest.FixtureRequest):
    """No test is made for each pair of what the catalogue holds."""
    cells = [cell for cell in catalogue.all_cells() if cell.device == "cpu"]
    most = len({(cell.component, cell.variant, cell.case) for cell in cells})
    made = Counter(item.nodeid.partition("[")[0] for item in request.session.items)
    assert not {name: count for name, count in made.items() if count > most}
    # Few enough for each of those at most: what a component brings does not depend on how many others there are.
    assert len(request.session.items) < 4 * most
