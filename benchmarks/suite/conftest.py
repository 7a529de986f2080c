"""``pytest benchmarks/suite``: this project's cells under pytest-benchmark, by default the quick set.

The engine takes the samples, so that the statistics, the stored files, ``--benchmark-compare`` and ``pytest-benchmark
compare`` use verified times. ``-k`` selects cells; ``pytest benchmarks/suite --help`` lists the options.
"""

from __future__ import annotations

from perfsuite.runners.pytest_plugin.suite import (
    pytest_addoption,
    pytest_configure,
    pytest_generate_tests,
    pytest_itemcollected,
)

__all__ = ["pytest_addoption", "pytest_configure", "pytest_generate_tests", "pytest_itemcollected"]
