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
from matchers.kinds.plain import Encoded, Kind

Words = npt.NDArray[np.uint64]
_WORD = re.compile(r"[^\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_CODE_LENGTH = 4
_CODE_WEIGHT = 3
"""A code counts as so many words: it names one article, where other words name many."""


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in their order, each once; of a run of Chinese characters every two neighbours.

    Single letters say nothing and are left out; a number of one digit stays.
    """
    spelled: list[str] = []
    for word in _WORD.findall(plain_text(text)):
        if _CHINESE.fullmatch(word):
            spelled += [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
        elif len(word) > 1 or word.isdigit():
            spelled.append(word)
    return tuple(dict.fromkeys(spelled))


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
    """`tokens`: the words, sorted, as one text, a code as often as it counts; `count`: how many they are; digests (0 is
    none) of all of them, the code, the longest word and the first two."""
    distinct = as_text(column).dictionary_encode()
    words = [tokens(text) if text else () for text in distinct.dictionary.to_pylist()] + [()]
    codes = np.asarray(distinct.indices.fill_null(len(words) - 1), np.int64)
    weighed = [_weighed(row) for row in words]
    keyed = {
        "value": [" ".join(row) for row in weighed],
        "code": [_code(row) for row in words],
        "longest": [_longest(row) for row in words],
        "start": [" ".join(row[:2]) for row in words],
    }
    encoded: Encoded = {form: _marks(texts)[codes] for form, texts in keyed.items()}
    encoded["count"] = np.array([len(row) for row in weighed], np.int32)[codes]
    return {**encoded, "tokens": text_array(keyed["value"]).take(pa.array(codes))}


def _weighed(words: tuple[str, ...]) -> list[str]:
    """The words, sorted, and for each code further words that stand beside no other code."""
    more = [f"{word}+{number}" for word in words if _is_code(word) for number in range(1, _CODE_WEIGHT)]
    return sorted([*words, *more])


def _marks(texts: list[str]) -> Words:
    filled = np.array([bool(text) for text in texts])
    return np.asarray(np.where(filled, digests(strings_of(texts)), np.uint64(0)), np.uint64)


_SHARED = "len(list_intersect(string_split(l.{c}_tokens, ' '), string_split(r.{c}_tokens, ' ')))"
_FEWER = "least(l.{c}_count, r.{c}_count)"

TOKEN_SETS: dict[str, Kind] = {
    "token_set": Kind(
        encode=encode_tokens,
        keys={form: f"nullif({{c}}_{form}, 0)" for form in ("value", "code", "longest", "start")},
        missing="l.{c}_value = 0 or r.{c}_value = 0",
        levels={
            "same": "l.{c}_value = r.{c}_value",
            "most": f"{_SHARED} >= 0.8 * {_FEWER}",
            "half": f"{_SHARED} >= 0.5 * {_FEWER}",
            "some": f"{_SHARED} >= 0.25 * {_FEWER}",
            "different": "true",
        },
        share_of={"same": "value"},
    )
}
