"""One mask per distinct cell: which texts are already right, so that only the others need a cleaner of their own.

Each pattern says less than its cleaner does: a text it lets through comes out of the cleaner as it went in, without a
repair. `tests/flows/staging/test_columns.py` holds the two together.
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.dates import empty_days
from schemas.contracts import FieldType
from schemas.people import dummies
from schemas.placeholders import longest_word, placeholder_words, placeholders

_HAN = r"\x{4e00}-\x{9fff}"
_WORD = f"!-~{_HAN}，。、：；·（）《》“”【】—"
_NAME = f"^[{_HAN}]{{2,4}}$"
_NO_NAME = "某|(师傅|先生|女士|小姐|同志)$|^(示例|样例|范例|必填|选填|非必填)"
_PHONE = r"^1[3-9][0-9]{9}$"
_MASKED_PHONE = r"^1[3-9][0-9]{0,7}\*+[0-9]{1,8}$"
_DAY = (
    "^(19[1-9][0-9]|20[0-8][0-9])-"
    "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
)
_TEXT = f"^[{_WORD}]([ {_WORD}]*[{_WORD}])?$"
_ODD_TEXT = rf"^[^0-9A-Za-z{_HAN}]+$|^'|^=|^[0-9]+\.0+$|&[#0-9A-Za-z]+;"
_AROUND = "^[(（\\[【〔<《“\"']"
_DIGIT_RUNS = "0123|1234|2345|3456|4567|5678|6789|7890|8901|9012|9876|8765|7654|6543|5432|4321|3210|2109|1098|0987"
_ODD_ID = rf"^.{{6}}.{{0,7}}[0-9]|0000$|^({_DIGIT_RUNS})|" + "|".join(f"^[{n}*]+$" for n in range(10))
_CODE = "^[0-9A-Z]{18}$"
_MASKED_ID = r"^[0-9*]{17}[0-9*X]$"


def already_right(kind: FieldType, texts: pa.Array) -> pa.Array | None:
    """Which texts of a field type need no cleaning; null where the type has no such pattern."""
    if kind == "person_name":
        return pc.and_(_matches(texts, _NAME), pc.invert(pc.or_(_matches(texts, _NO_NAME), _is_nobody(texts))))
    if kind == "phones":
        eleven = pc.equal(pc.utf8_length(texts), 11)
        shaped = pc.or_(_matches(texts, _PHONE), pc.and_(eleven, _matches(texts, _MASKED_PHONE)))
        return pc.and_(shaped, pc.invert(_matches(texts, _dummy_tails())))
    if kind in ("date", "partial_date", "validity"):
        return pc.and_(_matches(texts, _DAY), pc.invert(pc.is_in(texts, pa.array(sorted(empty_days()), pa.string()))))
    if kind == "text":
        return pc.and_(_matches(texts, _TEXT), pc.invert(pc.or_(_matches(texts, _ODD_TEXT), _is_word(texts))))
    if kind == "uscc":
        return pc.and_(_matches(texts, _CODE), pc.invert(_matches(texts, "^[0-9]+X?$")))
    return None


def masked_ids(texts: pa.Array) -> pa.Array:
    """Which texts are masked IDs of eighteen places with a digit shown and a digit hidden."""
    both = pc.and_(_matches(texts, r"\*"), _matches(texts, "[0-9]"))
    return pc.and_kleene(pc.and_(_matches(texts, _MASKED_ID), both), pc.invert(_matches(texts, _ODD_ID)))


def _is_word(texts: pa.Array) -> pa.Array:
    """Which texts may be a word for nothing, with or without brackets around it."""
    words = pa.array(sorted(placeholder_words().nothing), pa.string())
    plain = pc.utf8_upper(pc.replace_substring(texts, " ", ""))
    bracketed = pc.and_(_matches(texts, _AROUND), pc.less_equal(pc.utf8_length(texts), longest_word()))
    return pc.or_(pc.is_in(plain, words), bracketed)


def _is_nobody(texts: pa.Array) -> pa.Array:
    """Which texts may be a word for nothing or for no person."""
    words = pa.array(sorted(placeholder_words().not_people), pa.string())
    ending = _matches(texts, f"..({'|'.join(placeholders()['not_people']['endings'])})$")
    return pc.or_(_is_word(texts), pc.or_(ending, pc.is_in(texts, words)))


@cache
def _dummy_tails() -> str:
    """A pattern that every dummy phone fits, and few others."""
    run = dummies().run
    same = [digit * run for digit in "0123456789"]
    counted = ["0123456789"[at : at + run] for at in range(11 - run)]
    tails = [*same, *counted, *(entry[::-1] for entry in counted)]
    known = [f"{number[:3]}.*{number[-2:]}" for number in sorted(dummies().phones)]
    return f"({'|'.join(tails)})$|^({'|'.join(known)})$"


def as_staged(kind: FieldType, texts: pa.Array) -> pa.Array:
    """Texts that are already right in the type staging keeps."""
    if kind == "date":
        return texts.cast(pa.date32())
    if kind == "phones":
        return pa.ListArray.from_arrays(pa.array(range(len(texts) + 1), pa.int32()), texts)
    return texts


def _matches(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(texts, pattern)
