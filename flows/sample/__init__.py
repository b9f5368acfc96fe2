"""The sample generator: an invented district's exports, as dirty as real ones, with the truth beside them.

It shares nothing with the matcher, so that its truth is independent.
"""

from flows.sample.generate import generate
from flows.sample.options import Progress, SampleOptions

__all__ = ["Progress", "SampleOptions", "generate"]
