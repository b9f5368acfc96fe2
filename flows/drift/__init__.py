"""Drift: tonight's sources held against the last published night, by the policy's rules, never passed over silently."""

from flows.drift.check import check_drift
from flows.drift.measure import measure_sources
from flows.drift.memory import last_qualities, remember_night

__all__ = ["check_drift", "last_qualities", "measure_sources", "remember_night"]
