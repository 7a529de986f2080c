"""The arithmetic and the order of events of timing, exactly, with a clock that passes only when it is told to."""

from __future__ import annotations

from random import Random

import pytest
from fakeclock import FakeClock
from hypothesis import given
from hypothesis import strategies as st

from perfsuite.measuring import timing
from perfsuite.measuring.replay import Replay


def test_a_batch_is_the_time_of_its_calls_from_idle_to_idle():
    clock = FakeClock()

    def call(a: int, b: int) -> None:
        clock.script.append(f"call {a}{b}")
        clock.spend(0.002)

    assert timing.batch(call, (1, 2), 3, clock).wall == pytest.approx(0.002, rel=1e-12)
    assert clock.script == ["sync", "call 12", "call 12", "call 12", "sync"]


@pytest.mark.parametrize("at", [0, 1, 3])
def test_one_answer_of_a_batch_is_looked_at_when_the_clock_has_stopped(at: int):
    clock, seen = FakeClock(), []

    class Answer:
        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            clock.script.append(f"drop {self.number}")
            clock.spend(0.001)

    numbers = iter(range(4))

    def call() -> Answer:
        clock.spend(0.002)
        return Answer(next(numbers))

    def look(answer: Answer) -> None:
        seen.append(answer.number)
        clock.spend(5.0)

    batch = timing.batch_with_answer(call, (), 4, clock, at, look)
    assert seen == [at] and clock.script[-2:] == ["sync", f"drop {at}"]
    assert batch.wall == pytest.approx(0.003, rel=1e-9), "looking does not count, letting go does"


@pytest.mark.parametrize("arity", [0, 1, 2, 5])
def test_arguments_are_passed_by_position(arity: int):
    seen = []
    timing.batch(lambda *args: seen.append(args), tuple(range(arity)), 2, FakeClock())
    assert seen == [tuple(range(arity))] * 2


def test_the_wait_for_the_device_belongs_to_the_batch():
    class Device(FakeClock):
        queued = 0.0

        def sync(self) -> None:
            self.spend(self.queued)
            self.queued = 0.0

        def mark(self) -> float:
            return self.time * 1e-9 + self.queued

        def between(self, start: float, stop: float) -> float:
            return stop - start

    clock = Device()

    def launch() -> None:
        clock.spend(0.001)
        clock.queued += 0.010

    batch = timing.batch(launch, (), 4, clock)
    assert batch.wall == pytest.approx(0.011, rel=1e-9)
    assert batch.host == pytest.approx(0.001, rel=1e-9)
    assert batch.device == pytest.approx(0.011, rel=1e-9)


def test_a_stream_is_timed_to_its_first_item_per_item_and_whole():
    clock = FakeClock()

    class Stream:
        def __init__(self) -> None:
            clock.spend(0.5)
            self.left = 5

        def __iter__(self):
            return self

        def __next__(self) -> int:
            if not self.left:
                raise StopIteration
            clock.spend(0.1)
            self.left -= 1
            return self.left

        def __del__(self) -> None:
            clock.spend(0.2)

    batch = timing.stream(Stream, (), 1, clock)
    assert batch.first == pytest.approx(0.6)
    assert batch.item == pytest.approx(0.1)
    assert batch.wall == pytest.approx(1.2), "the end of the stream belongs to the whole"


class Epoch:
    """Work of known length that tells what it did: 0.1 s of data and 0.2 s of forward, twice, then 0.05 s."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __call__(self):
        for _ in range(2):
            for seconds, name in ((0.1, "data"), (0.2, "forward")):
                self.clock.spend(seconds)
                yield name
        self.clock.spend(0.05)
        yield [1.0]


def test_a_timeline_is_timed_whole_and_then_part_by_part():
    clock = FakeClock()
    batch = timing.timeline(Epoch(clock), (), 3, clock)
    assert batch.wall == pytest.approx(0.65)
    assert batch.parts == pytest.approx({"data": 0.2, "forward": 0.4, "rest": 0.05})
    assert sum(batch.parts.values()) == pytest.approx(batch.wall, rel=1e-12)
    assert clock.time == pytest.approx(7 * 0.65e9), "one pass to warm up; each call is one whole and one part by part"


def test_the_whole_of_a_timeline_pays_for_no_clock_that_is_read_between_its_parts():
    clock = FakeClock(tick=1_000_000)
    batch = timing.timeline(Epoch(clock), (), 1, clock)
    assert batch.wall == pytest.approx(0.65 + 0.001), "two readings, of which one lies inside"
    assert sum(batch.parts.values()) == pytest.approx(0.65 + 6 * 0.001), "four names, the answer and the end"


def test_parts_on_a_device_are_its_own_time_from_mark_to_mark():
    class Device(FakeClock):
        busy = 0.0  # when the device has done all it was given

        def sync(self) -> None:
            self.time = max(self.time, round(self.busy * 1e9))

        def mark(self) -> float:
            return max(self.busy, self.time * 1e-9)

        def between(self, start: float, stop: float) -> float:
            return stop - start

    clock = Device()

    def epoch():
        clock.spend(0.01)  # the host issues in 0.01 s what the device does in 0.5 s
        clock.busy = clock.time * 1e-9 + 0.5
        yield "forward"
        clock.spend(0.02)  # meanwhile
        yield "data"
        clock.sync()
        yield ".item()"

    batch = timing.timeline(epoch, (), 1, clock)
    assert batch.wall == pytest.approx(0.51)
    assert batch.parts == pytest.approx({"forward": 0.51, "data": 0.0, ".item()": 0.0, "rest": 0.0}, abs=1e-9)


def test_warming_up_grows_the_batch_and_stops_when_it_is_steady():
    asked = []
    cold = iter([9e-6, 5e-6, 3e-6, 2e-6] + [1e-6] * 100)

    def timed(calls: int) -> timing.Batch:
        asked.append(calls)
        return timing.Batch(next(cold))

    assert timing.warm(timed, 1e-3) == 1e-6
    assert asked[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256], "doubles until a quarter of a sample"
    assert asked[9:] == [256] * 6, "and six more agree"


@pytest.mark.parametrize(("seconds", "batches"), [(0.002, 2), (0.4, 1)])
def test_a_call_longer_than_a_sample_is_soon_warm(seconds: float, batches: int):
    asked = []

    def timed(calls: int) -> timing.Batch:
        asked.append(calls)
        return timing.Batch(seconds)

    assert timing.warm(timed, 1e-3) == seconds
    assert asked == [1] * batches


def test_warming_up_gives_up_on_a_variant_that_never_settles():
    values = iter([1.0 if turn % 6 < 3 else 2.0 for turn in range(1000)])
    asked = []

    def timed(calls: int) -> timing.Batch:
        asked.append(calls)
        return timing.Batch(next(values) * 1e-4)

    timing.warm(timed, 1e-3)
    assert len(asked) <= timing.WARM_BATCHES + 10


def test_batch_size_and_number_of_rounds():
    assert timing.calls_for(4e-6, 1e-3) == 250
    assert timing.calls_for(0.5, 1e-3) == 1
    assert timing.rounds_for(1e-3, 0.15, 20) == 20
    assert timing.rounds_for(0.05, 0.15, 20) == 3
    assert timing.rounds_for(0.5, 0.15, 20) == 1


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 2**32))
def test_each_gets_its_samples_spread_over_the_rounds(counts: list[int], seed: int):
    order = [index for present in timing.rounds(counts, Random(seed)) for index in present]
    assert [order.count(index) for index in range(len(counts))] == counts
    full = [index for index, count in enumerate(counts) if count == max(counts)]
    turns = [index for index in order if index in full]
    for start in range(0, len(turns), len(full)):
        assert set(turns[start : start + len(full)]) == set(full), "each round has everyone once"


def test_rounds_are_in_random_order():
    firsts = [present[0] for present in timing.rounds([50, 50], Random(1))]
    assert 10 < sum(firsts) < 40, "neither is always first"


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=50))
def test_a_replay_hands_out_what_was_recorded(samples: list[float]):
    clock = Replay(samples)
    got = []
    for _ in samples:
        start = clock()
        got.append(clock() - start)
    assert got == pytest.approx(samples, rel=1e-9, abs=1e-9 * sum(samples))
    clock()
    with pytest.raises(RuntimeError, match="were already used"):
        clock()


@given(st.integers(1, 9), st.integers(0, 2**32))
def test_all_contents_have_their_turn_before_one_comes_again_and_the_one_at_hand_comes_last(count: int, seed: int):
    turns = timing.turns(count, Random(seed))
    first, second = ([next(turns) for _ in range(count)] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(count)) and first[-1] == 0
