"""Whether a library was loaded since: what was found out about them before is only used while none was."""

from __future__ import annotations

import subprocess
import sys

import pytest

from perfsuite.project.catalogue import ROOT


def lines(script: str) -> list[str]:
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is kept")
def test_a_loaded_library_is_noticed_and_nothing_else():
    script = (
        "from perfsuite.isolation import libraries\n"
        "before = libraries.loaded()\n"
        "print(libraries.loaded() == before)\n"
        "import _lsprof\n"
        "print(libraries.loaded() == before, libraries.loaded() == libraries.loaded())\n"
    )
    assert lines(script) == ["True", "False", "True"]


def test_thread_pools_are_found_once_and_again_after_a_library_brought_its_own():
    script = (
        "import threadpoolctl\n"
        "from perfsuite.isolation import surroundings\n"
        "count = lambda: sum(info['user_api'] == 'blas' for info in surroundings.find_pools().info())\n"
        "first = surroundings.find_pools()\n"
        "print(count(), surroundings.find_pools() is first)\n"
        "import numpy\n"
        "print(count() > 0, {info['num_threads'] for info in surroundings.find_pools().limit(limits=1) and "
        "threadpoolctl.threadpool_info() if info['user_api'] == 'blas'})\n"
    )
    assert lines(script) == ["0", str(sys.platform == "linux"), "True", "{1}"]
