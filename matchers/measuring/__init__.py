"""Precision, recall and F1 with intervals, curves over thresholds, calibration."""
