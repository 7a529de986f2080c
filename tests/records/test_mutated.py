"""Files changed at random: each is refused in one line, or it reads and everything that shows it can show it."""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import json
import re
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import made
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from test_damage import a_comparison, a_journal

from perfsuite.judging import comparisons, verdicts
from perfsuite.model import record
from perfsuite.model.printable import visible
from perfsuite.records import folding, journal, store
from perfsuite.reporting import frame, tables
from perfsuite.reporting.comparison import markdown, output
from perfsuite.reporting.comparison import terminal as compared_terminal
from perfsuite.reporting.text import terminal
from perfsuite.runners import cli

SHARE = 60  # of so many files one gets all its pages and logs, by the whole command
LONG = "x" * 10**6
DEEP = "@ nested without end @"
SHOWN = 100_000  # letters that no text may make of one field of a million
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
Change = Callable[[st.DrawFn, list[Any]], None]


@cache
def whole(kind: str) -> tuple[str, ...]:
    """The lines of a file that is not damaged."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "record":
            return tuple(gzip.open(store.write(made.tiny(), Path(folder)), "rt"))
        path = {"journal": a_journal, "comparison": a_comparison}[kind](Path(folder))
        head, *rest = path.read_text().splitlines(keepends=True)
        fixed = {"run": "20261121-235000-3f2a", "started": "2026-11-21T23:50:00+00:00", "began": 1.8e9}
        return (json.dumps({**json.loads(head), **fixed}) + "\n", *rest)  # the same file whenever this is tried


# -- what is done to a file --------------------------------------------------------------------------------------------

NUMBERS = (0, -1, 1, 2, 1e-9, 0.5, 3.0, 1e6, 1e15, 2**63, 1e29, -1e29, 1e300, 1e-300, -0.0, 10**400)
NUMBERS += (float("nan"), float("inf"), float("-inf"))
TEXTS = (
    "",
    "x",
    "ok",
    "wrong",
    "a.b",
    "../../../../etc/passwd",
    "=1+1",
    "-1",
    "\x1b[31m\x07\x9b",
    "\ud800",
    "\r\n\t\x00",
)
TEXTS += ("</script>", "\u202e", "{{7*7}}", "`a", "_x", "$x$", "漢字", LONG)
TREES = ([], {}, [1], {"a": 1}, [[]], [None], {"": 5}, {"\x1b": "\ud800"}, DEEP, [[[[[[[[{"a": [1]}]]]]]]]])
VALUES = st.sampled_from((None, True, False, *NUMBERS, *TEXTS, *TREES))


def place(draw: st.DrawFn, lines: list[Any]) -> tuple[Any, Any]:
    """Some list or object in some line, and some key of it that is there."""
    at = draw(st.integers(0, len(lines) - 1))
    lines[at] = copy.deepcopy(lines[at])
    holder, key = lines, at
    while isinstance(holder[key], list | dict) and holder[key] and (holder is lines or draw(st.integers(0, 5))):
        holder = holder[key]
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        key = keys[draw(st.integers(0, len(keys) - 1))]
    return holder, key


def put(draw: st.DrawFn, lines: list[Any]) -> None:
    holder, key = place(draw, lines)
    holder[key] = draw(VALUES)


def scale(draw: st.DrawFn, lines: list[Any]) -> None:
    """A number that is plausible where it stands."""
    holder, key = place(draw, lines)
    if isinstance(holder[key], int | float):
        holder[key] *= draw(st.sampled_from((2, 10, 1000, 10**9, 0.5, 1e-3, 1e-9)))


def say(draw: st.DrawFn, lines: list[Any]) -> None:
    """A text in place of a text."""
    holder, key = place(draw, lines)
    if isinstance(holder[key], str):
        holder[key] = draw(st.sampled_from(TEXTS) | st.text(max_size=20))


def delete(draw: st.DrawFn, lines: list[Any]) -> None:
    holder, key = place(draw, lines)
    if holder is not lines or len(lines) > 1:
        del holder[key]


def add(draw: st.DrawFn, lines: list[Any]) -> None:
    holder, _ = place(draw, lines)
    if isinstance(holder, dict):
        holder[draw(st.sampled_from(("a", "cell", "reason", "parts", *TEXTS)))] = draw(VALUES)
    else:
        holder.append(draw(VALUES))


def copied(draw: st.DrawFn, lines: list[Any]) -> None:
    """What stands somewhere else."""
    (holder, key), (other, where) = place(draw, lines), place(draw, lines)
    if holder is not lines or other is lines:
        holder[key] = copy.deepcopy(other[where])


def swap(draw: st.DrawFn, lines: list[Any]) -> None:
    one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    lines[one], lines[other] = lines[other], lines[one]


def double(draw: st.DrawFn, lines: list[Any]) -> None:
    lines.insert(draw(st.integers(0, len(lines))), copy.deepcopy(lines[draw(st.integers(0, len(lines) - 1))]))


CHANGES: tuple[Change, ...] = (put, put, *[scale] * 4, *[say] * 4, delete, add, copied, copied, swap, double)


def flipped(draw: st.DrawFn, content: bytes) -> bytes:
    at = draw(st.integers(0, max(len(content) - 1, 0)))
    return content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]


def truncated(draw: st.DrawFn, content: bytes) -> bytes:
    return content[: draw(st.integers(0, len(content)))]


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> bytes:
    """A file with some changes to what it says, and sometimes to its bytes."""
    lines = [json.loads(line) for line in whole(kind)]
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        draw(st.sampled_from(CHANGES))(draw, lines)
    nested = "[" * 100_000 + "]" * 100_000
    content = "".join(f"{json.dumps(line)}\n" for line in lines).replace(json.dumps(DEEP), nested).encode()
    how = draw(st.integers(0, 15))
    content = flipped(draw, content) if how == 0 else truncated(draw, content) if how == 1 else content
    if kind != "record":
        return content
    content = gzip.compress(content, compresslevel=1, mtime=0)
    return flipped(draw, content) if how == 2 else truncated(draw, content) if how == 3 else content


# -- what must hold ----------------------------------------------------------------------------------------------------


def one_line(text: str) -> None:
    assert visible(text) == text and len(text) < 2000, text[:3000]


def shown(run: record.Run) -> None:
    """Everything but the pages with their figures."""
    table = frame.build(run)
    for text in (tables.csv(table), tables.markdown(table)):
        assert not RAW.search(text)
        assert all(len(line) < SHOWN for line in text.splitlines())
    terminal.show(run, color=False, width=100)


def reported(path: Path, folder: Path) -> None:
    """The whole command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(["report", str(path), "--results", str(folder)])
    assert code in (0, 2, 3), code
    if code == 2:
        one_line(err.getvalue()[:-1])
        return
    for page_ in (folder / "report").iterdir():
        text = page_.read_text(encoding="utf-8")
        assert not RAW.search(text), page_
        assert len(re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)) < 5 * SHOWN, page_


def check_record(content: bytes, folder: Path) -> None:
    path = folder / "x.jsonl.gz"
    path.write_bytes(content)
    if zlib.crc32(content) % SHARE == 0:
        with tempfile.TemporaryDirectory(dir=folder) as results:
            reported(path, Path(results))
        return
    try:
        run = store.read(path)
    except ValueError as problem:
        one_line(str(problem))
    else:
        shown(run)


def check_comparison(content: bytes, folder: Path) -> None:
    path = folder / "x.jsonl"
    path.write_bytes(content)
    try:
        found = verdicts.fold(comparisons.load(path))
    except ValueError as problem:
        one_line(str(problem))
    else:
        compared_terminal.text(found, every=True, color=False, width=100)
        assert isinstance(found.exit_code, int)
        for text in (output.page(found), markdown.text(found), json.dumps(output.document(found))):
            assert not RAW.search(text)
            text.encode()


def check_journal(content: bytes, folder: Path) -> None:
    (folder / "journal").mkdir(exist_ok=True)
    (folder / "journal" / "x.jsonl").write_bytes(content)
    try:
        book = journal.resume(folder)
    except ValueError as problem:
        one_line(str(problem))
    else:
        book.close()
        run = folding.fold(book.found)
        assert store.read(store.write(run, folder)).records == run.records, "what a run leaves can be read"


CHECKS = {"record": check_record, "comparison": check_comparison, "journal": check_journal}


def trial(kind: str, number: int, examples: int) -> None:
    """``examples`` files, the same for each ``number`` whenever it is tried."""
    usual = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))

    with tempfile.TemporaryDirectory() as folder:

        @seed(number)
        @usual
        @given(mutated(kind))
        def each(content: bytes) -> None:
            CHECKS[kind](content, Path(folder))

        each()


@pytest.mark.parametrize("kind", CHECKS)
def test_a_file_that_was_changed_is_refused_or_shown(kind: str):
    trial(kind, 0, 150 if kind == "record" else 60)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "examples"), [("record", 5000), ("comparison", 1000), ("journal", 1000)])
@pytest.mark.parametrize("number", [1, 2])
def test_thousands_of_files_that_were_changed_are_refused_or_shown(kind: str, examples: int, number: int):
    trial(kind, number, examples)


def test_the_changes_are_worth_trying():
    """Most files that are changed are refused, many are not: both ways are tried."""
    read = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl.gz"

        @seed(0)
        @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(mutated("record"))
        def each(content: bytes) -> None:
            nonlocal read, refused
            path.write_bytes(content)
            try:
                store.read(path)
            except ValueError:
                refused += 1
            else:
                read += 1

        each()
    assert read > 30 and refused > 60, (read, refused)
