"""The same numbers each time: ``seed``, () in int64, and the ``n`` uniform numbers that PyTorch's CPU draws after it.

Each variant returns (n,) in float32, the same bits for the same seed. Reading the seed from its tensor is in all times.
"""

import torch

from .._contract import prepared


def fork_rng(seed: torch.Tensor, n: int) -> torch.Tensor:
    """Seed for this draw alone: the state of the generator is kept before and put back after, 5 kB each way.

    TM-06. Seen from outside, nothing was drawn.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed))
        return torch.rand(n)


def manual_seed(seed: torch.Tensor, n: int) -> torch.Tensor:
    """The source's ``torch.manual_seed``: it seeds the generators of all devices, now or when they are first used.

    TM-06. Where CUDA has not been used yet, each call writes down the stack it came from, for an error that may follow.
    """
    torch.manual_seed(int(seed))
    return torch.rand(n)


def default_generator(seed: torch.Tensor, n: int) -> torch.Tensor:
    """The CPU's generator alone.

    TM-06.
    """
    torch.default_generator.manual_seed(int(seed))
    return torch.rand(n)


def fresh_generator(seed: torch.Tensor, n: int) -> torch.Tensor:
    """A generator of one's own: what others draw from the global one no longer matters.

    TM-06.
    """
    return torch.rand(n, generator=torch.Generator().manual_seed(int(seed)))


@prepared
def kept_generator(seed: torch.Tensor, n: int):
    """The same generator, seeded again.

    TM-06.
    """
    generator = torch.Generator()
    return lambda: torch.rand(n, generator=generator.manual_seed(int(seed)))


@prepared
def drawn_on(seed: torch.Tensor, n: int):
    """Draw only, from a state that is put back: what seeding adds to the draw.

    TM-06. A state belongs to a seed: where that changes, it is made anew.
    """
    generator, known = torch.Generator(), {}

    def draw() -> torch.Tensor:
        key = int(seed)
        if key not in known:
            known.clear()
            known[key] = generator.manual_seed(key).get_state()
        generator.set_state(known[key])
        return torch.rand(n, generator=generator)

    return draw
