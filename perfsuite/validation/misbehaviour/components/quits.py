"""A component whose file does damage when it is imported."""

from benchmarks.components.faults.misbehaving import adding_one

COMPONENT = adding_one("faults.quits")
