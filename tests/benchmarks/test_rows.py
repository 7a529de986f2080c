"""The catalogue's rows: all are known, and what claims to measure one names one that exists."""

from __future__ import annotations

from benchmarks import rows
from perfsuite.project import catalogue


def test_the_rows_are_those_of_the_catalogue():
    found = rows.rows()
    assert len(found) == len({row.id for row in found}) == 142
    assert len({row.family for row in found}) == 19
    for row in found:
        assert row.title and row.title == row.title.strip(), row


def test_components_name_rows_that_exist_and_at_least_one_of_their_family():
    family = {row.id: row.family for row in rows.rows()}
    for name, component in catalogue.components().items():
        if component.rows:
            assert name.split(".")[0] in {family[row] for row in component.rows}, name


def test_every_row_of_a_family_that_is_built_has_a_component():
    built = {name.split(".")[0] for name in catalogue.components()} - UNFINISHED
    measured = rows.measured()
    missing = [row.id for row in rows.rows() if row.family in built and not measured[row.id]]
    assert not missing, f"rows without a component: {missing}"


# Families of which only some rows are built; the test above holds the others to be whole.
UNFINISHED: set[str] = set()


def test_the_table_names_every_row_and_its_variants():
    lines = rows.table().splitlines()
    assert "of 142 catalogue rows are measured; archived runs: " in lines[-1]
    for row in rows.rows():
        assert sum(line.startswith(f"{row.id}  ") for line in lines) == 1
    at = next(index for index, line in enumerate(lines) if line.startswith("MM-01  "))
    component, state = lines[at + 1 : at + 3]
    assert component.split()[0] == "matmul.ladder:" and " mm," in component and " einsum," in component
    assert " timed" in state
