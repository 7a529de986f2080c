"""A loop that shows how far it is: ``losses`` (steps,) in float64, of which each variant returns the sum, a scalar.

The body of the loop is one addition, so that what is left is the bar. What it shows goes to a null stream: a terminal
or a notebook would add what it takes to draw.
"""

from collections.abc import Callable

import torch

from .._contract import needs, prepared
from ._nowhere import Nowhere

Run = Callable[[], torch.Tensor]


def _looping(losses: torch.Tensor, bar: Callable) -> Run:
    """The loop; ``bar(numbers, log)`` goes around the numbers and hands them on."""
    log = Nowhere()

    def run() -> torch.Tensor:
        total = 0.0
        for loss in bar(losses.tolist(), log):
            total += loss
        return torch.tensor(total, dtype=torch.float64)

    return run


@prepared
@needs("tqdm")
def tqdm_postfix(losses: torch.Tensor):
    """``set_postfix`` in each step: it sorts and formats what it is given, and draws the bar anew.

    TR-08.
    """
    from tqdm import tqdm

    def bar(numbers, log):
        with tqdm(numbers, file=log) as shown:
            for loss in shown:
                shown.set_postfix(loss=loss)
                yield loss

    return _looping(losses, bar)


@prepared
@needs("tqdm")
def tqdm_postfix_quiet(losses: torch.Tensor):
    """``refresh=False``: the words are made in each step, but wait for the next time the bar is due.

    TR-08.
    """
    from tqdm import tqdm

    def bar(numbers, log):
        with tqdm(numbers, file=log) as shown:
            for loss in shown:
                shown.set_postfix(loss=loss, refresh=False)
                yield loss

    return _looping(losses, bar)


@prepared
@needs("rich")
def rich_track(losses: torch.Tensor):
    """``rich.progress.track``: a thread redraws the bar ten times a second, and the loop counts for it.

    TR-08.
    """
    from rich.console import Console
    from rich.progress import track

    def bar(numbers, log):
        return track(numbers, console=Console(file=log, force_terminal=True))

    return _looping(losses, bar)


@prepared
def print_each(losses: torch.Tensor):
    """A line for each step: formatting a number, and a buffered write.

    TR-08.
    """

    def bar(numbers, log):
        for step, loss in enumerate(numbers, start=1):
            print(f"step {step}: loss {loss:.4f}", file=log)
            yield loss

    return _looping(losses, bar)


@prepared
@needs("tqdm")
def tqdm_default(losses: torch.Tensor):
    """``tqdm`` as it is: it asks the clock now and then and draws ten times a second at most.

    TR-08.
    """
    from tqdm import tqdm

    return _looping(losses, lambda numbers, log: tqdm(numbers, file=log))


@prepared
@needs("tqdm")
def tqdm_miniters(losses: torch.Tensor):
    """Told how many steps make a picture, it does not ask the clock in between.

    TR-08.
    """
    from tqdm import tqdm

    return _looping(losses, lambda numbers, log: tqdm(numbers, file=log, miniters=len(numbers), mininterval=60))


@prepared
def print_each_100(losses: torch.Tensor):
    """A line every hundred steps.

    TR-08.
    """

    def bar(numbers, log):
        for step, loss in enumerate(numbers, start=1):
            if step % 100 == 0:
                print(f"step {step}: loss {loss:.4f}", file=log)
            yield loss

    return _looping(losses, bar)


@prepared
def silent(losses: torch.Tensor):
    """The loop alone.

    TR-08.
    """
    return _looping(losses, lambda numbers, log: numbers)
