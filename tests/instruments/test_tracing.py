"""Traces of calls whose operators are known: what is in them, what is left out, and what TensorBoard's copy changes."""

from __future__ import annotations

import gzip
import json
import re
import signal
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from perfsuite.instruments import tracing
from perfsuite.instruments.tracing import Plan, fold, plan, tensorboard_copy, trace
from perfsuite.model.record import to_json

X, W = torch.randn(5, 784), torch.randn(784, 10)


def product():
    return torch.mm(X, W)


def loader(batches: int = 50) -> torch.utils.data.DataLoader:
    data = torch.utils.data.TensorDataset(torch.randn(8 * batches, 784))
    return torch.utils.data.DataLoader(data, batch_size=8)


def events_of(path: Path) -> list[dict]:
    """The events of a trace, read strictly: a viewer reads it so."""
    return json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]


def steps_of(path: Path) -> list[str]:
    return sorted({event["name"] for event in events_of(path) if event.get("name", "").startswith("ProfilerStep")})


class TestPlan:
    def test_a_short_call_is_traced_whole(self):
        assert plan(40, 3) == Plan(3, details=True, stacks=True, share=1.0, notes=())
        assert plan(0, 3).steps == 3

    def test_stacks_go_first_then_steps_then_the_end_of_the_call(self):
        assert plan(10_000, 3) == Plan(3, True, False, 1.0, ("no stacks: they would make the trace too large",))
        assert plan(25_000, 3).steps == 2
        assert plan(25_000, 3).notes[0] == "2 of 3 steps: one has 25,000 events"
        assert plan(60_000, 3) == Plan(1, True, False, 1.0, plan(60_000, 3).notes)
        long = plan(744_803, 3)
        assert (long.steps, long.details, long.stacks) == (1, False, False)
        assert long.share == pytest.approx(60_000 / 744_803)
        assert "only the first 8.1 % of a call, without shapes and memory" in long.notes

    def test_never_plans_more_than_fits(self):
        for events in (0, 1, 7, 2_500, 7_501, 20_000, 59_999, 60_001, 10**7):
            planned = plan(events, 3)
            assert 1 <= planned.steps <= 3
            assert events * planned.steps * planned.share <= tracing.EVENTS
            assert bool(planned.notes) == (planned != Plan(3, True, True, 1.0, ()))


class TestFold:
    @staticmethod
    def event(name, parent=None, us=10.0):
        return SimpleNamespace(name=name, cpu_parent=parent, self_cpu_time_total=us)

    def test_adds_up_equal_stacks_below_the_frame_that_calls(self):
        outside = self.event("perfsuite/instruments/tracing.py(80): trace")
        ours = self.event("perfsuite/instruments/tracing.py(99): _steps", outside)
        call = self.event("impls/matmul/ladder.py(58): mm", ours, 3.0)
        first, second = (self.event(f"<built-in method mm of Tensor object at 0x7f{n}>", call, 0.4) for n in range(2))
        events = [
            outside,
            ours,
            call,
            first,
            second,
            self.event("aten::mm", first, 20.4),
            self.event("aten::mm", second),
        ]
        mm = "impls/matmul/ladder.py(58): mm"
        assert fold(events) == Counter({(mm,): 3, (mm, "<built-in method mm of Tensor>", "aten::mm"): 30})

    def test_leaves_no_separator_in_a_name(self):
        ours = self.event("tracing.py(1): _steps")
        assert list(fold([self.event("a;b\n1\tc", ours)])) == [("a_b_1 c",)]


class TestTrace:
    def test_holds_the_steps_and_nothing_of_the_warm_up(self, tmp_path):
        calls = []
        made = trace(lambda: calls.append(product()), tmp_path, steps=3, stream=False)
        assert len(calls) == 1 + 1 + 1 + 3  # counted, waited, warmed up, traced
        assert made.steps == len(made.wall) == len(steps_of(tmp_path / made.trace)) == 3
        assert made.notes == ()
        named = Counter(event.get("name") for event in events_of(tmp_path / made.trace) if event.get("ph") == "X")
        assert named["aten::mm"] == 3
        json.dumps(to_json(made), allow_nan=False)

    def test_has_shapes_memory_and_python_frames(self, tmp_path):
        trace(product, tmp_path, stream=False)
        events = events_of(tmp_path / "trace.json.gz")
        (mm, *_) = (event for event in events if event.get("name") == "aten::mm")
        assert mm["args"]["Input Dims"] == [[5, 784], [784, 10]]
        assert {event["args"]["Bytes"] for event in events if event.get("name") == "[memory]"} >= {200, -200}
        assert any("product" in event["name"] for event in events if event.get("cat") == "python_function")

    def test_operator_table(self, tmp_path):
        trace(lambda: torch.mm(X, W).relu(), tmp_path, steps=2, stream=False)
        table = json.loads((tmp_path / "operators.json").read_text())
        assert table["steps"] == 2
        rows = {row["name"]: row for row in table["operators"]}
        assert rows["aten::mm"]["calls"] == rows["aten::relu"]["calls"] == 2
        assert rows["aten::mm"]["self_bytes"] == 2 * 200
        assert 0 < rows["aten::relu"]["self_cpu_us"] < rows["aten::relu"]["cpu_us"]
        assert not any(name.startswith("ProfilerStep") for name in rows)
        assert not any("device" in column for row in table["operators"] for column in row)
        costs = [row["self_cpu_us"] for row in table["operators"]]
        assert costs == sorted(costs, reverse=True)

    def test_stacks_are_folded_and_hold_the_time(self, tmp_path):
        many = torch.randn(500, 500)
        made = trace(lambda: torch.mm(many, many), tmp_path, stream=False)
        lines = (tmp_path / made.stacks).read_text().splitlines()
        assert all(re.fullmatch(r"[^;\s][^\n]* [1-9]\d*", line) for line in lines)
        assert any(line.rpartition(" ")[0].endswith(";aten::mm") for line in lines)
        assert not any("profiler.py" in line or "_steps" in line for line in lines)
        weight = sum(int(line.rpartition(" ")[2]) for line in lines)
        assert 0.2 * sum(made.wall) < 1e-6 * weight < 1.2 * sum(made.wall)

    def test_nothing_of_an_earlier_trace_is_left(self, tmp_path):
        for name in ("stacks.txt", "trace.json.gz", "operators.json"):
            (tmp_path / name).write_text("of an earlier trace 1\n")
        with pytest.raises(ValueError, match="no items"):
            trace(lambda: iter(()), tmp_path, stream=True)
        assert list(tmp_path.iterdir()) == []

    def test_without_anything_to_fold_there_is_no_file(self, tmp_path):
        assert tracing._write_stacks(SimpleNamespace(events=lambda: []), tmp_path / "stacks.txt") == ""
        assert list(tmp_path.iterdir()) == []

    def test_of_a_stream_steps_through_its_items(self, tmp_path):
        taken, streams = [], []

        def stream():
            streams.append(1)
            for batch in loader():
                taken.append(1)
                yield batch

        made = trace(stream, tmp_path, steps=3, stream=True)
        assert (len(taken), len(streams)) == (6, 1)
        names = [event["name"] for event in events_of(tmp_path / made.trace) if "DataLoader" in event.get("name", "")]
        assert names.count("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__") == 3

    def test_of_a_short_stream_begins_it_anew(self, tmp_path):
        made = trace(lambda: iter([product(), product()]), tmp_path, steps=3, stream=True)
        assert made.steps == 3

    def test_of_an_empty_stream_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="the stream has no items"):
            trace(lambda: iter(()), tmp_path, stream=True)


class TestLongCalls:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch):
        monkeypatch.setattr(tracing, "EVENTS", 4_000)

    @staticmethod
    def loop(finished: list[int]):
        """About 60,000 events, in a body that forgives every ``Exception``."""
        total = torch.zeros(())
        for _ in range(10):
            try:
                for _ in range(2_000):  # Python looks for signals where a loop turns back
                    total = total + X[0, 0]
            except Exception:
                finished.append(-1)
        finished.append(1)

    def test_are_cut_off(self, tmp_path):
        finished: list[int] = []
        before = signal.getsignal(signal.SIGPROF)
        made = trace(lambda: self.loop(finished), tmp_path, stream=False)
        assert finished == [1]  # while it was counted; the traced call was interrupted
        assert made.events > 50_000
        assert made.steps == 1
        assert any(note.startswith("only the first") for note in made.notes)
        assert steps_of(tmp_path / made.trace) == ["ProfilerStep#0"]
        (add,) = (
            row
            for row in json.loads((tmp_path / "operators.json").read_text())["operators"]
            if row["name"] == "aten::add"
        )
        assert 0 < add["calls"] < 15_000
        assert signal.getsignal(signal.SIGPROF) == before
        assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)

    def test_are_refused_where_no_signal_comes(self, tmp_path):
        caught = []

        def away():
            try:
                trace(lambda: self.loop([]), tmp_path, stream=False)
            except ValueError as problem:
                caught.append(str(problem))

        thread = threading.Thread(target=away)
        thread.start()
        thread.join()
        assert caught == ["no trace: one call has too many events, and it cannot be interrupted here"]

    def test_an_error_of_the_call_comes_through(self, tmp_path):
        def fails():
            raise RuntimeError("mine")

        with pytest.raises(RuntimeError, match="mine"):
            trace(fails, tmp_path, stream=False)
        with pytest.raises(RuntimeError, match="mine"), tracing._interrupt(after=60):
            fails()
        assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


class TestCopy:
    EVENTS = (
        {"ph": "X", "cat": "user_annotation", "name": "ProfilerStep#2", "ts": 1},
        {"ph": "X", "cat": "user_annotation", "name": "enumerate(DataLoader)#_Iter.__next__", "ts": 2},
        {"ph": "X", "cat": "user_annotation", "name": "Optimizer.step#SGD.step", "ts": 3},
        {"ph": "X", "cat": "user_annotation", "name": "mine", "ts": 4},
        {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "ts": 5},
        {"ph": "X", "cat": "cpu_op", "name": "aten::mm\x01", "ts": 6},
        {"ph": "M", "name": "process_name"},
    )

    @pytest.fixture
    def raw(self, tmp_path):
        path = tmp_path / "trace.json.gz"
        path.write_bytes(gzip.compress(json.dumps({"schemaVersion": 1, "traceEvents": self.EVENTS}).encode()))
        return path

    def test_relabels_what_the_plugin_would_drop_and_nothing_else(self, raw, tmp_path):
        before = raw.read_bytes()
        copy = tensorboard_copy(raw, tmp_path / "a" / "b", "matmul.ladder-mm-eager-cpu-5x784x10-1")
        assert copy == tmp_path / "a" / "b" / "matmul.ladder-mm-eager-cpu-5x784x10-1.pt.trace.json.gz"
        categories = [event.get("cat") for event in events_of(copy)]
        assert categories == ["user_annotation", "cpu_op", "cpu_op", "user_annotation", "runtime", "cpu_op", None]
        rest = [{name: value for name, value in event.items() if name != "cat"} for event in events_of(copy)]
        assert rest == [{name: value for name, value in event.items() if name != "cat"} for event in self.EVENTS]
        assert raw.read_bytes() == before

    def test_is_the_same_each_time(self, raw, tmp_path):
        first = tensorboard_copy(raw, tmp_path / "a", "w").read_bytes()
        assert tensorboard_copy(raw, tmp_path / "a", "w").read_bytes() == first
        assert first[4:8] == bytes(4)  # gzip's time stamp

    def test_reads_plain_json_and_control_characters(self, tmp_path):
        path = tmp_path / "trace.json"
        path.write_text('{"traceEvents": [{"name": "a\x02b", "cat": "cpu_op"}]}')
        assert events_of(tensorboard_copy(path, tmp_path, "w"))[0]["name"] == "a\x02b"

    @pytest.mark.parametrize(
        "content",  # without the time that gzip notes: two processes must collect the same tests
        [b"", b"{}", b"[]", b"no json", gzip.compress(b'{"traceEvents": [', mtime=0)[:-9]],
    )
    def test_refuses_what_is_no_trace(self, content, tmp_path):
        path = tmp_path / "trace.json.gz"
        path.write_bytes(content if content[:2] == b"\x1f\x8b" else gzip.compress(content))
        with pytest.raises(ValueError, match=r"trace\.json\.gz is not a profiler trace"):
            tensorboard_copy(path, tmp_path, "w")
        assert list(tmp_path.iterdir()) == [path]
