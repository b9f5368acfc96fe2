"""Which places of an ID are shown, from its masks of four bits a place."""

from __future__ import annotations

_ID_HALF = 9


def unmasked_places(head_mask: int, tail_mask: int) -> list[bool]:
    """Which of the 18 places of an ID both halves' masks show."""
    both = [bool(head_mask >> (4 * place) & 15) for place in range(_ID_HALF)]
    return both + [bool(tail_mask >> (4 * place) & 15) for place in range(_ID_HALF)]
