"""Columns of people as integers: one module per kind of column, whole columns at a time, no loop over rows."""
