"""Two texts side by side, character by character: which are the same, which differ, which one side hides."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

Kind = Literal["same", "different", "hidden", "open"]
"""`hidden` is a star; `open` a character that the other side's star, or its blank, leaves without a counterpart."""
HIDDEN = "*"


@dataclass(frozen=True)
class CharacterRun:
    """Neighbouring characters of one kind."""

    text: str
    kind: Kind


def compare(left: str, right: str) -> tuple[list[CharacterRun], list[CharacterRun]]:
    """The pieces of both texts, which together are the texts again.

    Equal lengths are held place by place, as digits of a number are; texts with stars from both ends up to the stars,
    for a name's star may stand for several characters; others by alignment.
    """
    if not left or not right:
        return _pieces(left, _alone(left)), _pieces(right, _alone(right))
    if len(left) == len(right) and (HIDDEN in left + right or _numeric(left)):
        ends = (len(left), 0)
    elif HIDDEN in left + right:
        ends = _ends(left, right)
    else:
        return _aligned(left, right)
    kinds = _from_ends(left, right, ends), _from_ends(right, left, ends)
    return _pieces(left, kinds[0]), _pieces(right, kinds[1])


def _numeric(text: str) -> bool:
    return sum(map(str.isdigit, text)) * 2 > len(text)


def _alone(text: str) -> list[Kind]:
    return ["hidden" if character == HIDDEN else "open" for character in text]


def _ends(left: str, right: str) -> tuple[int, int]:
    """How many characters at the head and at the tail stand opposite each other for certain."""
    shorter = min(len(left), len(right))
    head = min(len(text.split(HIDDEN, 1)[0]) for text in (left, right))
    tail = min(len(text.rsplit(HIDDEN, 1)[-1]) for text in (left, right))
    return min(head, shorter), max(min(tail, shorter - head), 0)


def _from_ends(text: str, other: str, ends: tuple[int, int]) -> list[Kind]:
    kinds, (head, tail) = _alone(text), ends
    opposite = [(at, at) for at in range(head)]
    opposite += [(len(text) - back, len(other) - back) for back in range(1, tail + 1)]
    for at, there in opposite:
        if HIDDEN not in (text[at], other[there]):
            kinds[at] = "same" if text[at].upper() == other[there].upper() else "different"
    return kinds


def _aligned(left: str, right: str) -> tuple[list[CharacterRun], list[CharacterRun]]:
    kinds: tuple[list[Kind], list[Kind]] = (["different"] * len(left), ["different"] * len(right))
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        kinds[0][block.a : block.a + block.size] = ["same"] * block.size
        kinds[1][block.b : block.b + block.size] = ["same"] * block.size
    return _pieces(left, kinds[0]), _pieces(right, kinds[1])


def _pieces(text: str, kinds: list[Kind]) -> list[CharacterRun]:
    edges = [0, *(at for at in range(1, len(text)) if kinds[at] != kinds[at - 1]), len(text)]
    return [CharacterRun(text[a:b], kinds[a]) for a, b in pairwise(edges) if a < b]


def marked(pieces: list[CharacterRun]) -> Markup:
    """The pieces as HTML; whatever a name holds is text."""
    return Markup("").join(Markup('<span class="c-{}">{}</span>').format(piece.kind, piece.text) for piece in pieces)
