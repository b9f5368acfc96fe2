"""Figures of the last runs for a monitoring system. Off unless the configuration names a file."""

from __future__ import annotations

from flows.metrics.textfile import write_metrics

__all__ = ["write_metrics"]
