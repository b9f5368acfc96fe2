"""Two texts side by side, character by character: which are the same, which differ, which one side hides."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

Kind = Literal["same", "different", "hidden"]
HIDDEN = "*"


@dataclass(frozen=True)
class Piece:
    """Neighbouring characters of one kind."""

    text: str
    kind: Kind


def compare(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """The pieces of both texts. Equal lengths are held place by place, as digits of a number are; else by alignment.

    A star hides a character: it neither agrees nor differs.
    """
    if not left or not right:
        return _whole(left), _whole(right)
    if len(left) == len(right) and (HIDDEN in left + right or _numeric(left)):
        kinds = [_kind(a, b) for a, b in zip(left, right, strict=True)]
        return _pieces(left, kinds), _pieces(right, kinds)
    return _aligned(left, right)


def _kind(a: str, b: str) -> Kind:
    if HIDDEN in (a, b):
        return "hidden"
    return "same" if a.upper() == b.upper() else "different"


def _numeric(text: str) -> bool:
    return sum(map(str.isdigit, text)) * 2 > len(text)


def _aligned(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    kinds: tuple[list[Kind], list[Kind]] = (["different"] * len(left), ["different"] * len(right))
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        kinds[0][block.a : block.a + block.size] = ["same"] * block.size
        kinds[1][block.b : block.b + block.size] = ["same"] * block.size
    for text, found in zip((left, right), kinds, strict=True):
        found[:] = ["hidden" if character == HIDDEN else kind for character, kind in zip(text, found, strict=True)]
    return _pieces(left, kinds[0]), _pieces(right, kinds[1])


def _whole(text: str) -> list[Piece]:
    return _pieces(text, ["hidden" if character == HIDDEN else "same" for character in text])


def _pieces(text: str, kinds: list[Kind]) -> list[Piece]:
    edges = [0, *(at for at in range(1, len(text)) if kinds[at] != kinds[at - 1]), len(text)]
    return [Piece(text[a:b], kinds[a]) for a, b in pairwise(edges) if a < b]


def marked(pieces: list[Piece]) -> Markup:
    """The pieces as HTML; whatever a name holds is text."""
    return Markup("").join(Markup('<span class="c-{}">{}</span>').format(piece.kind, piece.text) for piece in pieces)
