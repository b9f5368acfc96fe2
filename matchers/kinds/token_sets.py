"""The kind of column for titles, lists of names and descriptions: what two texts share, word by word, in any order."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.strings import digests, strings_of, text_array
from matchers.encoding.text import plain_text
from matchers.encoding.typed import as_text
from matchers.kinds.comparing import PairRows, Test, everything
from matchers.kinds.plain import Encoded, Kind

Words = npt.NDArray[np.uint64]
_WORD = re.compile(r"[^\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_CODE_LENGTH = 4
_CODE_WEIGHT = 3
_MOST, _HALF, _SOME = 0.8, 0.5, 0.25


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in their order, each once; of a run of Chinese characters every two neighbours.

    Single letters say nothing and are left out; a number of one digit stays.
    """
    kept: list[str] = []
    for word in _WORD.findall(plain_text(text)):
        if _CHINESE.fullmatch(word):
            kept += [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
        elif len(word) > 1 or word.isdigit():
            kept.append(word)
    return tuple(dict.fromkeys(kept))


def _longest(words: tuple[str, ...]) -> str:
    return max(words, key=lambda word: (len(word), word), default="")


def _code(words: tuple[str, ...]) -> str:
    """The longest code among the words."""
    return _longest(tuple(filter(_is_code, words)))


@lru_cache(maxsize=1 << 16)
def _is_code(word: str) -> bool:
    """Letters and digits in one word, as article numbers are."""
    return len(word) >= _CODE_LENGTH and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def encode_tokens(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """`tokens`: the words, sorted, as one text; digests (0 is none) of all of them, the code, the longest word and the
    first two."""
    distinct = as_text(column).dictionary_encode()
    words = [tokens(text) if text else () for text in distinct.dictionary.to_pylist()] + [()]
    codes = np.asarray(distinct.indices.fill_null(len(words) - 1), np.int64)
    whole = [" ".join(sorted(word)) for word in words]
    keyed = {
        "value": whole,
        "code": [_code(word) for word in words],
        "longest": [_longest(word) for word in words],
        "start": [" ".join(word[:2]) for word in words],
    }
    encoded: Encoded = {form: _marks(texts)[codes] for form, texts in keyed.items()}
    return {**encoded, "tokens": text_array(whole).take(pa.array(codes))}


def _marks(texts: list[str]) -> Words:
    filled = np.array([bool(text) for text in texts])
    return np.asarray(np.where(filled, digests(strings_of(texts)), np.uint64(0)), np.uint64)


def _overlap(rows: PairRows) -> npt.NDArray[np.float64]:
    """Per pair the share of the words of the text with fewer that the other has too."""
    return np.asarray(rows.derived("overlap", lambda: _overlaps(rows)), np.float64)


def _overlaps(rows: PairRows) -> npt.NDArray[np.float64]:
    shares = [
        _share(_set_of(left or ""), _set_of(right or ""))
        for left, right in zip(rows.left("tokens"), rows.right("tokens"), strict=True)
    ]
    return np.array(shares, np.float64)


@lru_cache(maxsize=1 << 16)
def _set_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _share(left: frozenset[str], right: frozenset[str]) -> float:
    fewer = min(_weight(left), _weight(right))
    return _weight(left & right) / fewer if fewer else 0.0


def _weight(words: frozenset[str]) -> int:
    """Words, a code as several: it names one article, where other words name many."""
    return len(words) + (_CODE_WEIGHT - 1) * sum(map(_is_code, words))


def _at_least(share: float) -> Test:
    return lambda rows: np.asarray(_overlap(rows) >= share, np.bool_)


TOKEN_SETS: dict[str, Kind] = {
    "token_set": Kind(
        encode=encode_tokens,
        keys={form: f"nullif({{c}}_{form}, 0)" for form in ("value", "code", "longest", "start")},
        missing=lambda rows: rows.either("value", 0),
        levels={
            "same": lambda rows: rows.same("value"),
            "most": _at_least(_MOST),
            "half": _at_least(_HALF),
            "some": _at_least(_SOME),
            "different": everything,
        },
        share_of={"same": "value"},
    )
}
