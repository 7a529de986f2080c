"""The components of this project in asv; see :mod:`perfsuite.runners.asv_front`."""

from perfsuite.runners import asv_front

__getattr__ = asv_front.benchmarks(globals())
