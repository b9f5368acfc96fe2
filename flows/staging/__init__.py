"""Staging: landed files become typed rows, every one accepted or quarantined, every change of a value named."""
