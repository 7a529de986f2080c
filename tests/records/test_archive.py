"""What the project keeps of its runs: small, but with the same estimates; and every variant stands in it."""

from __future__ import annotations

import dataclasses

import made
import pytest

from perfsuite.model import estimates
from perfsuite.model.record import Record
from perfsuite.project import catalogue
from perfsuite.records import archive
from perfsuite.records.store import read


def test_what_is_kept_says_the_same_in_a_tenth_of_the_size(tmp_path):
    run = made.realistic()
    path = archive.keep(run, tmp_path)
    small = read(path)
    for whole, brief in zip(run.records, small.records, strict=True):
        assert estimates.seconds(brief) == estimates.seconds(whole)
        assert all(len(launch.wall) <= 1 for launch in brief.launches)
        assert (brief.status, brief.reason, brief.proof, brief.cost) == (
            whole.status,
            whole.reason,
            whole.proof,
            whole.cost,
        )
    size = sum(len(str(record.launches)) for record in run.records)
    assert sum(len(str(record.launches)) for record in small.records) < size / 5


def test_a_full_run_takes_the_place_of_the_one_before_and_a_part_stands_beside_it(tmp_path):
    run = made.realistic()
    first = archive.keep(dataclasses.replace(run, selection="full", run="a-1111"), tmp_path)
    part = archive.keep(dataclasses.replace(run, selection="-k mm", run="a-2222"), tmp_path)
    assert first.exists() and part.exists()
    again = archive.keep(dataclasses.replace(run, selection="full", run="a-3333"), tmp_path)
    assert list(tmp_path.glob("*/*")) == [again]
    archive.keep(dataclasses.replace(run, selection="full", machine_class="another"), tmp_path)
    assert len(archive.runs(tmp_path)) == 2


def test_an_interrupted_run_is_not_kept(tmp_path):
    with pytest.raises(ValueError, match="--resume"):
        archive.keep(dataclasses.replace(made.realistic(), partial=True), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_variant_is_timed_or_its_commonest_reason_is_said():
    run = made.realistic()
    cuda = "needs cuda"
    records = (
        Record("matmul.ladder/mm/eager/cuda/8/1", "skipped", cuda),
        Record("matmul.ladder/mm/eager/cpu/8/1", "ok"),
        Record("matmul.ladder/triton/eager/cuda/8/1", "skipped", cuda),
        Record("matmul.ladder/triton/eager/cuda/16/1", "skipped", cuda),
        Record("matmul.ladder/triton/eager/cuda/32/1", "timeout", "took too long"),
        Record("matmul.large/mm/eager/cpu/8/1", "ok"),
    )
    found = archive.states(archive.records([dataclasses.replace(run, records=records)])["matmul.ladder"])
    assert found == {"mm": "timed", "triton": cuda}
    assert archive.summary(["mm", "triton", "new"], found) == (
        "1 of 3 timed; triton: needs cuda; new: in no archived run"
    )


def missing() -> dict[str, list[str]]:
    """For each component, the variants that no kept run has a time or a reason for, and that a full run would time."""
    records = archive.records(archive.runs())
    found = {}
    for name, component in catalogue.components().items():
        known = {variant for variant, state in archive.states(records.get(name, ())).items() if state != "ok"}
        known |= {*archive.named_only(component, catalogue.IMPLS)}
        names = [variant.name for variant in catalogue.variants(name, catalogue.IMPLS) if variant.name not in known]
        if names:
            found[name] = names
    return found


def test_every_variant_has_a_time_or_a_reason_in_a_run_that_the_project_keeps():
    assert not missing(), "time what is new and keep it: `run -k ...`, then `keep` (CONTRIBUTING.md)"


def test_what_runs_only_when_it_is_named_says_why():
    apart = archive.named_only(catalogue.component("timing.cold_start"), catalogue.IMPLS)
    assert apart["imported"].startswith("only when named (starts processes") and "numpy" not in apart
    assert not archive.named_only(catalogue.component("matmul.ladder"), catalogue.IMPLS)
