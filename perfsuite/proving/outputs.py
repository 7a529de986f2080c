"""Notice an output that was returned for other inputs before. Runs in a worker."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from perfsuite.proving.answer import Part, bound

SAMPLED = 1 << 14  # elements of a part, at most, that are compared


class Seen:
    """The outputs for some contents, each by a digest of its elements, or of some of them."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, parts: Sequence[Part]) -> bool:
        """Add the parts of an output, from :func:`perfsuite.proving.answer.taken`; whether it was there before."""
        digest = _digest(parts)
        known = digest in self._digests
        self._digests.add(digest)
        return known


def _digest(parts: Sequence[Part]) -> bytes:
    found = hashlib.sha256()
    for _, tensor in parts:
        flat = bound().reshape(tensor, (-1,))
        some = bound().contiguous(flat[:: max(1, len(flat) // SAMPLED)])
        found.update(f"{tensor.dtype} {tuple(tensor.shape)} ".encode())
        found.update(bound().numpy(bound().view(some, bound().uint8)))
    return found.digest()
