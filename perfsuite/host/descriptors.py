"""Move the worker's own file descriptors to numbers that a variant does not write to or close by accident."""

from __future__ import annotations

import fcntl
import os

REACH = 512  # programs number their files from 3 on, and close "all" of them up to 256


def out_of_reach(descriptor: int) -> int:
    """Move an open file to a high descriptor that child programs do not inherit; the low one is closed.

    If the limit on open files is too low for ``REACH``, the upper quarter of the allowed range is used.
    """
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    floor = REACH if soft == resource.RLIM_INFINITY else min(REACH, soft * 3 // 4)
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, floor)
    os.close(descriptor)
    return moved
