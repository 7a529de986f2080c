"""No attacker gets a number: each is driven through the real passes, in real workers, beside honest neighbours."""

from __future__ import annotations

import dataclasses

import pytest

from perfsuite.project import catalogue
from perfsuite.project.catalogue import ROOT
from perfsuite.validation.fakes import play, table, tree
from perfsuite.validation.fakes.kinds import GROUPS, KINDS, group_of, lesson

SOME = ("tires", "lazy_tuple", "replaces_judge")
# What the issue that asked for this names, in its order.
SEEN = (
    "memo_by_address",
    "memo_by_element",
    "tensor_subclass",
    "caller_frame",
    "expected_from_frames",
    "answers_made_beforehand",
    "copy_of_an_input",
    "view_of_input",
    "slows_rivals",
    "replaces_gate",
    "slows_clock",
    "replaces_time",
)


@pytest.mark.slow
def test_attackers_are_rejected_in_words_that_name_what_they_did():
    names, grounds = play.asked(SOME, [], False)
    played = list(play.plays(names, grounds))
    assert [one.kind for one in played] == [*SOME]
    assert [play.told(one) for one in played if not one.well] == []


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("family", sorted({name.split(".")[0] for name in catalogue.components()}))
def test_no_attacker_of_any_kind_gets_through_in_any_family(family: str):
    """On the cheapest component of each; ``python -m benchmarks fakes --all`` plays three."""
    grounds = [one for one in tree.chosen(1) if one.component.name.startswith(f"{family}.")]
    played = list(play.plays(list(KINDS), grounds))
    assert {one.kind for one in played} >= {name for name, kind in KINDS.items() if kind.device == "cpu"}
    assert [play.told(one) for one in played if not one.well] == []


def test_the_page_has_a_row_for_each_kind_with_its_verdict():
    page = (ROOT / "docs" / "attackers.md").read_text(encoding="utf-8")
    shown = page.split("<!-- fakes -->")[1].split("<!-- /fakes -->")[0].strip().splitlines()[2:]
    told = {name: text.split("|") for name, text in zip(KINDS, shown, strict=True)}
    for name, kind in KINDS.items():
        assert told[name][1:3] == [f" {lesson(name)} ", f" {kind.source} "], "renew it: python -m benchmarks fakes"
        assert kind.device == "cuda" or told[name][3].strip() in kind.statuses


def test_there_are_many_kinds_and_those_that_were_seen():
    assert len([name for name, kind in KINDS.items() if kind.device == "cpu"]) >= 40
    assert set(SEEN) <= set(KINDS)
    assert len({lesson(name) for name in KINDS}) == len(KINDS) == sum(map(len, GROUPS.values()))
    assert all(kind.source and kind.says and kind.statuses for kind in KINDS.values())
    assert group_of("tires") == "tiring" and group_of("nan") == "values"


def test_each_family_has_three_components_to_play_on_or_all_it_has():
    chosen = tree.chosen()
    families = {name.split(".")[0] for name in catalogue.components()}
    played = [one.component.name.split(".")[0] for one in chosen]
    assert {*played} == families and max(map(played.count, families)) == 3


def test_the_attackers_are_variants_like_any_others(tmp_path):
    ground = tree.ground(play.QUICK)
    assert ground is not None
    laid = tree.lay(tmp_path, [ground])
    found = {variant.name: variant for variant in catalogue.variants(play.QUICK, laid)}
    assert {f"fake_{name}" for name in KINDS} < set(found) and ground.fast.name in found
    assert found["fake_nan"].lesson == f"{lesson('nan')}."
    assert not [one for one in catalogue.variants("matmul.ladder", laid) if one.name.startswith("fake_")]


def test_what_counts_as_rejected():
    well = play.Played("tires", "a.b", "wrong", "1 of 4 elements are outside the tolerance; and so on")
    assert well.rejected and well.well
    for bad in ({"status": "ok"}, {"reason": "something else"}, {"neighbours": "a.b/c: error (d)"}):
        assert not dataclasses.replace(well, **bad).well
    assert dataclasses.replace(well, status="ok", reason="", accepted="a copy is the task").well
    row = table.rows([well, dataclasses.replace(well, component="c.d", status="ok", reason="")])[0]
    assert (row.rejected, row.of, row.told, row.well) == (1, 2, "ok", False)
    assert table.rows([well])[0].told == "wrong: … of … elements are outside the tolerance"


def test_what_a_component_accepts_is_no_fault():
    ground = tree.ground("noise.copying")
    assert ground is not None
    assert play.accepted("copy_of_an_input", ground) == "A copy is the task."
    assert not play.accepted("view_of_input", ground) and not play.accepted("bf16_arithmetic", ground)


@pytest.mark.parametrize(("kinds", "components", "says"), [(["x"], [], "no kind 'x'"), ([], ["x.y"], "no component")])
def test_what_does_not_exist_is_told(kinds: list[str], components: list[str], says: str):
    with pytest.raises(ValueError, match=says):
        play.asked(kinds, components, False)
