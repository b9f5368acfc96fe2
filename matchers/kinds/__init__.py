"""Kinds of columns: how cells are encoded, which keys they block by, and their comparison levels."""
