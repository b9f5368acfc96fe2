"""IDs and phones as integers, four bits a place, with a mask of the places that are shown.

Two values are then compared in three integer operations: places both show, and how many of those differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ID_HALF = 9
PHONE_PLACES = 11
_MOST_PLACES = 16
Places = npt.NDArray[np.uint8]
Packed = npt.NDArray[np.uint64]


def places_of(values: Sequence[str | None], length: int) -> Places:
    """One row per value, one column per place: the digit, 10 for X, 255 where nothing is shown."""
    blank = "*" * length
    fitting = [value if value is not None and len(value) == length and value.isascii() else blank for value in values]
    letters = np.frombuffer("".join(fitting).encode("ascii"), dtype=np.uint8).reshape(len(fitting), length)
    digits = np.where((letters >= ord("0")) & (letters <= ord("9")), letters - ord("0"), 255).astype(np.uint8)
    digits[letters == ord("X")] = 10
    return digits


def pack(places: Places) -> tuple[Packed, Packed]:
    """Per row the digits and the mask of shown places, the first place in the lowest four bits; at most 16 places."""
    nibbles = np.zeros((len(places), _MOST_PLACES), np.uint8)
    nibbles[:, : places.shape[1]] = np.where(places == 255, 0, places)
    masks = np.zeros((len(places), _MOST_PLACES), np.uint8)
    masks[:, : places.shape[1]] = np.where(places == 255, 0, 15)
    return _joined(nibbles), _joined(masks)


def _joined(nibbles: Places) -> Packed:
    """Sixteen nibbles a row as one little-endian integer."""
    pairs = np.ascontiguousarray(nibbles[:, 0::2] | (nibbles[:, 1::2] << 4))
    return pairs.view("<u8").reshape(-1)


def shown_places(head_mask: int, tail_mask: int) -> list[bool]:
    """Which of the 18 places of an ID both halves' masks show."""
    both = [bool(head_mask >> (4 * place) & 15) for place in range(ID_HALF)]
    return both + [bool(tail_mask >> (4 * place) & 15) for place in range(ID_HALF)]
