"""Rows of one table that are copies of another, many times over: held against the first of them only.

Five thousand identical rows are twelve million pairs that say one thing. Each copy stands in one pair, with the first
row of its kind, which clusters them all the same; the first row alone is held against everybody else.
"""

from __future__ import annotations

import numpy as np

from matchers.blocking.blocks import Pairs, Seqs, packed

MOST_ROWS = 50
"""Up to so many identical rows every pair of them is made."""
COPIES = b"sanzhao.copies"
"""In a file of pairs: how many rows stand in one pair only, being copies of a row."""


def copies(entities: Seqs) -> Seqs:
    """Rows that have more than so many identical ones, but for the first of each kind."""
    sizes = np.bincount(entities, minlength=len(entities))
    return np.flatnonzero((sizes[entities] > MOST_ROWS) & (entities != np.arange(len(entities))))


def pairs_of_copies(entities: Seqs, rows: Seqs) -> Pairs:
    """Each copy with the first row of its kind."""
    return packed(entities[rows], rows)
