"""Staging: landed files become typed rows, every one accepted or quarantined, every change of a value named."""

from flows.staging.step import stage

__all__ = ["stage"]
