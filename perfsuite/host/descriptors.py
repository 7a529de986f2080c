"""File descriptors of the worker's own, moved to where a variant does not write or close by accident."""

from __future__ import annotations

import fcntl
import os

REACH = 512  # programs number their files from 3 on, and close "all" of them up to 256


def out_of_reach(descriptor: int) -> int:
    """The same open file under a high number, not inherited by programs that are started; the low one is closed.

    Where the limit of open files is so low that there is no such number, the highest part of what there is is used.
    """
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    floor = REACH if soft == resource.RLIM_INFINITY else min(REACH, soft * 3 // 4)
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, floor)
    os.close(descriptor)
    return moved
