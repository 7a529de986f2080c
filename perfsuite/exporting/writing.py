"""Write records in a format: to a file, to a folder, or as text to a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from perfsuite.exporting import outputs, sources
from perfsuite.exporting.formats import Format
from perfsuite.exporting.sources import Tally
from perfsuite.model.record import Run


def show(form: Format, files: Sequence[Path], stream: TextIO) -> Tally:
    """Write the text of ``files`` to ``stream``.

    Raises:
        ValueError: the format is no text, or has one text for each of several records.
    """
    tally = Tally()
    if form.save:
        raise ValueError(f"{form.what} cannot be printed: say where to write with -o")
    if form.text and len(files) > 1:
        raise ValueError(f"{len(files)} records make {len(files)} files: name a folder for them with -o")
    for piece in _text(form, sources.runs(files, tally)):
        stream.write(piece)
    return tally


def write(form: Format, files: Sequence[Path], out: Path, force: bool) -> tuple[Tally, list[Path]]:
    """Write ``files`` to ``out``; return what was read, and the paths that were written.

    Records are read one at a time. A format with one text for each record writes a file for each into the folder
    ``out``, named after the record, if there are several records or ``out`` is a folder.

    Raises:
        ValueError: a record is damaged, or ``out`` exists and ``force`` is false.
        OSError: ``out`` cannot be written; nothing of it is left.
    """
    tally = Tally()
    runs = sources.runs(files, tally)
    if form.files:
        assert form.save
        with outputs.folder(out, form.files, force) as place:
            form.save(runs, place)
        return tally, [out / name for name in form.files]
    if form.text and (len(files) > 1 or out.is_dir()):
        return tally, _each(form, files, out, force, tally)
    with outputs.file(out, force) as place:
        if form.save:
            form.save(runs, place)
        else:
            _put(place, _text(form, runs))
    return tally, [out]


def _each(form: Format, files: Sequence[Path], out: Path, force: bool, tally: Tally) -> list[Path]:
    """A file for each record. Two records of one name would be one file."""
    names = [f"{path.name.removesuffix('.jsonl.gz')}{form.suffix}" for path in files]
    for name, path in zip(names, files, strict=True):
        if names.count(name) > 1:
            raise ValueError(f"{path} has the name of another record: export them to different folders")
    with outputs.folder(out, names, force) as place:
        for name, run in zip(names, sources.runs(files, tally), strict=True):
            _put(place / name, _text(form, [run]))
    return [out / name for name in names]


def _text(form: Format, runs: Iterable[Run]) -> Iterator[str]:
    if form.pieces:
        yield from form.pieces(runs)
        return
    assert form.text
    for run in runs:
        if not form.failed and not any(record.status == "ok" for record in run.records):
            raise ValueError(f"run {run.run} has no cell with a time, and {form.what} has no place for the others")
        yield form.text(run)


def _put(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)
