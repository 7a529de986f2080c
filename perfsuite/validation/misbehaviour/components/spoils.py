"""A component whose file does harm when it is imported."""

from benchmarks.components.faults.misbehaving import adding_one

COMPONENT = adding_one("faults.spoils")
