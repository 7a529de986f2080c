"""What docs/explaining.md shows is what the rules say and what the command found."""

from __future__ import annotations

import re

import own
import reasons

PAGE = (own.ENGINE / "docs" / "explaining.md").read_text()


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def test_the_table_of_rules_is_up_to_date():
    assert block("rules") == f"{reasons.rules()}\n", "write it anew: python tests/reasons.py FOLDER"


def test_every_known_pair_is_explained_by_its_reason():
    rows = dict(re.findall(r"^\| ([a-z ]+) \| (.+) \|$", block("known"), re.MULTILINE))
    rows.pop("what is known")
    assert set(rows) <= set(reasons.CELLS) <= {*rows, *reasons.DEPENDS}
    for reason in rows:
        assert "Why is unexplained" not in rows[reason], reason
