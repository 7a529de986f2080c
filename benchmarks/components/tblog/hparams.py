"""TB-06: six settings and three metrics of a run."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs

SETTINGS, METRICS = 6, 3


def inputs(case: Case, generator: Any) -> Inputs:
    """``settings`` (6,) and ``metrics`` (3,), normal float32."""
    import torch

    return torch.randn(SETTINGS, generator=generator), torch.randn(METRICS, generator=generator)


def canonical(case: Case, output: Any) -> Any:
    """The settings from the plugin's entry and the metrics from the scalars, by name.

    Raises:
        ValueError: the experiment does not name them, or the session does not end.
    """
    import torch
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    found = log.events(output)
    entries = found.PluginTagToContent("hparams")

    def entry(tag: str) -> Any:
        return plugin_data_pb2.HParamsPluginData.FromString(entries[tag])

    started = entry(metadata.SESSION_START_INFO_TAG).session_start_info.hparams
    experiment = entry(metadata.EXPERIMENT_TAG).experiment
    named = [info.name for info in experiment.hparam_infos], [info.name.tag for info in experiment.metric_infos]
    metrics = [f"m{number}" for number in range(METRICS)]
    if named != (sorted(started), metrics) or metadata.SESSION_END_INFO_TAG not in entries:
        raise ValueError(f"the experiment names {named}")
    values = [found.Scalars(tag)[-1].value for tag in metrics]
    settings = [started[f"s{number}"].number_value for number in range(SETTINGS)]
    return torch.tensor(settings, dtype=torch.float32), torch.tensor(values, dtype=torch.float32)


def reference(case: Case, settings: Any, metrics: Any) -> Any:
    """The same numbers."""
    return settings.double(), metrics.double()


def bytes(case: Case) -> int:
    """Nine numbers read and written."""
    return 2 * 4 * (SETTINGS + METRICS)


COMPONENT = Component(
    name="tblog.hparams",
    title="Settings and results of a run",
    question="What does it cost to log a run's settings once?",
    rows=("TB-06",),
    cases=(Case("6-3", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=log.nothing,
    bytes=bytes,
    baseline="add_hparams",
    devices=("cpu",),
    canonical=canonical,
    work={"add_hparams": "Writes two files."},
    left_out={"settings that are texts": "They are logged in the same way."},
)
