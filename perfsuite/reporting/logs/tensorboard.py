"""A run for TensorBoard: scalars, tables and figures that need no network, hyperparameters, and the traces.

``<results>/tensorboard`` holds a folder per run, with a folder for each trace in it, and for each cell of the last run
that the hparams tab shows. If those are not all, ``<results>/tensorboard-hparams`` is a log with every cell; see
:mod:`perfsuite.reporting.logs.sessions`. Both can be deleted and written again.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from perfsuite.instruments.tracing import tensorboard_copy
from perfsuite.model.printable import cut, legible, visible
from perfsuite.model.record import Run
from perfsuite.project import catalogue
from perfsuite.records import sound
from perfsuite.reporting import frame, units
from perfsuite.reporting.canvas.drawing import Drawing
from perfsuite.reporting.canvas.raster import png
from perfsuite.reporting.logs import sessions
from perfsuite.reporting.missing import gaps
from perfsuite.reporting.plots.curves import curves
from perfsuite.reporting.plots.ladder import ladder as rungs
from perfsuite.reporting.view import View, folder_of, group_name, threads

INSTALL = 'pip install "tensorboard>=2.21" "torch-tb-profiler==0.4.3"'
SCALARS = {"seconds": "time, s", "times_best": "× best", "times_hardware": "× hw"}
HPARAMS = ("component", "variant", "executor", "device", "case", "threads", "dtype")
COLUMNS = ("variant", "time", "±", "× best", "× hw", "bound", "operators", "peak", "note")
LONGEST = 2000  # characters of one text


def write(run: Run, results: Path) -> Path:
    """Write ``run`` into the logs below ``results``, replace what they had of it, and return the first log's folder.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed; the message says how to install it.
        ValueError: a trace is damaged.
    """
    _needs_tensorboard()
    table = frame.build(run)
    whole = View(run, table, run.problems)
    logs, hparams = results / "tensorboard", results / "tensorboard-hparams"
    timed = frame.rows(table[table["seconds"].notna()])
    shown = sessions.shown(whole, sessions.room(logs, run.run))
    with _replacing(logs / run.run) as building:
        traces = {record.cell: results / record.trace for record in run.records if sound.stays(record.trace)}
        there = {cell: path for cell, path in traces.items() if _is_file(path)}
        with _log(building, run) as log:
            more = f"; all: `tensorboard --logdir {hparams.name}` in the results folder" * (len(shown) < len(timed))
            told = f"{len(shown):,} of {len(timed):,} cells with a time{more}"
            log(_text("run", _about(run, table, f"{len(there)} of {len(traces)}", told)))
            for name, number in scalars(table):
                log(_scalar(name, number))
            for view in map(whole.of, run.problems):
                log(_text(f"ladder/{view.problem.name}", ladder(view)))
                for name, drawing in drawings(view):
                    log(_image(f"{view.problem.name}/{name}", drawing))
        for cell, path in there.items():
            tensorboard_copy(path, building / folder_of(cell), folder_of(cell))
        _sessions(shown, building, run)
    sessions.only(logs, run.run)
    if len(shown) < len(timed):
        with _replacing(hparams / run.run) as building:
            _sessions(timed, building, run)
    else:
        shutil.rmtree(hparams / run.run, ignore_errors=True)
    return logs


def _sessions(rows: Iterable[Mapping[str, Any]], building: Path, run: Run) -> None:
    """A folder for each cell, with its axes as hyperparameters and its figures as metrics."""
    for row in rows:
        with _log(building / folder_of(row["cell"]), run) as log:
            log(_session(row, run))
            for name, number in _figures(row):
                log(_scalar(name, number))


def _needs_tensorboard() -> None:
    try:
        import tensorboard.compat.proto  # noqa: F401
    except ImportError as problem:
        raise ModuleNotFoundError(f"TensorBoard is not installed: {INSTALL}") from problem


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A folder to build in, which replaces ``target`` at the end; after an error ``target`` is unchanged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.parent.name}-", dir=target.parent.parent))
    building.chmod(0o755)
    try:
        yield building
        shutil.rmtree(target, ignore_errors=True)
        building.replace(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # not a valid file name
        return False


def scalars(table: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Name and value of each figure of each cell that has a time: ``component/device-case-threads/way/× hw``."""
    for row in frame.rows(table[table["seconds"].notna()]):
        where = f"{row['device']}-{row['case']}-{row['threads']}" + "-cold" * row["cold"]
        for name, number in _figures(row):
            yield f"{row['component']}/{where}/{row['way']}/{name}", number


def _figures(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for column, name in SCALARS.items():
        if units.known(row[column]):
            yield name, row[column]


def ladder(view: View) -> str:
    """A component's ladders as Markdown: a table for each group with a time, then the cells without one, and why."""
    parts = [f"**{escape(view.problem.title)}**", escape(view.problem.question)]
    rest = view.frame
    for cells in view.groups():
        timed, failed = cells[cells["seconds"].notna()], cells[~cells["status"].isin(["ok", "skipped"])]
        unit = units.shared(timed["seconds"], units.SECONDS)
        titles = [f"time, {unit.name}" if title == "time" else title for title in COLUMNS]
        rows = [titles, ["---", *["--:"] * 4, "---", "--:", "--:", "---"]]
        rows += [[escape(text) for text in _rung(row, unit)] for row in frame.rows(timed)]
        parts.append(f"#### {escape(group_name(cells))}")
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
        parts.append("\n".join(f"- {escape(_failed(row))}" for row in frame.rows(failed)))
        rest = rest.drop(failed.index)
    parts.append("\n".join(f"- {escape(str(gap))}" for gap in gaps(rest)))
    return "\n\n".join(part for part in parts if part)


def _failed(row: Mapping[str, Any]) -> str:
    return f"{row['way']}: {row['status']}" + f": {row['reason']}" * bool(row["reason"])


def _rung(row: Mapping[str, Any], unit: units.Unit) -> list[str]:
    return [
        row["way"],
        units.digits(row["seconds"] / unit.scale),
        units.spread(row["seconds"], row["low"], row["high"])[1:] if row["launches"] > 1 else "",
        "best" if row["best"] else units.digits(row["times_best"]) + " tie" * row["tie"],
        units.digits(row["times_hardware"]) if units.known(row["times_hardware"]) else "",
        row["bound"],
        units.count(row["ops"]) if units.known(row["ops"]) else "",
        units.peak(row["peak"], row["peak_is"]),
        row["remark"],
    ]


def drawings(view: View) -> Iterator[tuple[str, Drawing]]:
    """The figures of a component: the ladder of its leading group, and each series against its size."""
    lead = view.lead()
    if lead is not None and (drawing := rungs(lead, view.problem.baseline, view.colors)):
        yield f"ladder {lead['case'].iloc[0]}", drawing
    some = view.frame[(view.frame["series"] != "") & ~view.frame["cold"]]
    for (series, device, label), cells in frame.grouped(some, "series", "device", "threads"):
        if drawing := curves(cells, view.problem.baseline, view.run.roofs, view.colors):
            yield f"{series}, {device}, {threads(str(label))}", drawing


def _about(run: Run, table: pd.DataFrame, traces: str, hparams: str) -> str:
    """The facts of the run as a Markdown list."""
    facts = {
        "started": run.started,
        "selection": run.selection,
        "command": run.command,
        "commit": run.commit + " with changes" * run.dirty,
        "machine class": run.machine_class,
        "timed": f"{int(table['seconds'].notna().sum()):,} of {len(table):,} cells",
        "left out": run.left_out,
        "partial": f"interrupted: `{catalogue.PROJECT.command} run --resume` goes on" if run.partial else "",
        "traces found": traces,
        "hparams": hparams,
    }
    return "\n".join(f"- {name}: {escape(fact)}" for name, fact in facts.items() if fact)


def escape(text: str) -> str:
    """``text`` escaped for Markdown and HTML, and cut to :data:`LONGEST` characters."""
    shown = cut(visible(text), LONGEST)
    return "".join(f"&#{ord(letter)};" if letter in "\\`*[]<>|&" else letter for letter in shown)


@contextmanager
def _log(directory: Path, run: Run) -> Iterator[Any]:
    """A function that adds one value to the event file of ``directory``, dated when the run began."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    started = datetime.fromisoformat(run.started).timestamp()
    writer = EventFileWriter(str(directory))
    try:
        yield lambda value: writer.add_event(Event(wall_time=started, step=0, summary=Summary(value=[value])))
    finally:
        writer.close()


def _tag(text: str) -> str:
    """``text`` as a name in the log, which must be valid Unicode."""
    return cut(legible(text), LONGEST)


def _scalar(tag: str, number: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Summary.Value(tag=_tag(tag), simple_value=number)


def _text(tag: str, markdown: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

    plugin = SummaryMetadata.PluginData(plugin_name="text")
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype="DT_STRING", string_val=[markdown.encode()], tensor_shape=shape)
    return Summary.Value(tag=_tag(tag), metadata=SummaryMetadata(plugin_data=plugin), tensor=tensor)


def _image(tag: str, drawing: Drawing) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    picture = png(drawing.figure)
    width, height = struct.unpack(">II", picture[16:24])  # a PNG stores them here
    image = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=picture)
    return Summary.Value(tag=_tag(tag), image=image)


def _session(row: Mapping[str, Any], run: Run) -> Any:
    """A cell's axes as hyperparameters; without a description of the experiment TensorBoard collects their values."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    session = SessionStartInfo()
    for name in HPARAMS:
        session.hparams[name].string_value = _tag(row[name])
    session.hparams["cache"].string_value = "cold" if row["cold"] else "hot"
    session.hparams["run"].string_value = run.run
    data = HParamsPluginData(session_start_info=session, version=metadata.PLUGIN_DATA_VERSION)
    return Summary.Value(tag=metadata.SESSION_START_INFO_TAG, metadata=metadata.create_summary_metadata(data))
