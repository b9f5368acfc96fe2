"""One mask per distinct cell: which texts are already right, so that only the others need a cleaner of their own.

Each pattern says less than its cleaner does: a text it lets through comes out of the cleaner as it went in, without a
repair. `tests/flows/staging/test_columns.py` holds the two together.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.contracts import FieldType

_HAN = r"\x{4e00}-\x{9fff}"
_WORD = f"!-~{_HAN}，。、：；·（）《》“”【】—"
_NAME = f"^[{_HAN}]{{2,4}}$"
_NO_NAME = "某|(师傅|先生|女士|小姐|同志)$|^(未知|不详|暂无|未填写|未登记)$|^(示例|样例|范例|必填|选填|非必填)"
_PHONE = r"^1[3-9][0-9]{9}$"
_MASKED_PHONE = r"^1[3-9][0-9]{0,7}\*+[0-9]{1,8}$"
_DAY = (
    "^(19[1-9][0-9]|20[0-8][0-9])-"
    "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
)
_TEXT = f"^[{_WORD}]([ {_WORD}]*[{_WORD}])?$"
_NO_TEXT = r"^(=.*|--?|/|\\|NULL|null|None|#?N/A|#REF!|#VALUE!|#NAME\?|#DIV/0!)$"
_CODE = "^[0-9A-Z]{18}$"
_MASKED_ID = r"^[0-9*]{17}[0-9*X]$"


def already_right(kind: FieldType, texts: pa.Array) -> pa.Array | None:
    """Which texts of a field type need no cleaning; null where the type has no such pattern."""
    if kind == "person_name":
        return pc.and_(_matches(texts, _NAME), pc.invert(_matches(texts, _NO_NAME)))
    if kind == "phones":
        eleven = pc.equal(pc.utf8_length(texts), 11)
        return pc.or_(_matches(texts, _PHONE), pc.and_(eleven, _matches(texts, _MASKED_PHONE)))
    if kind in ("date", "partial_date"):
        return _matches(texts, _DAY)
    if kind == "text":
        return pc.and_(_matches(texts, _TEXT), pc.invert(_matches(texts, _NO_TEXT)))
    return _matches(texts, _CODE) if kind == "uscc" else None


def masked_ids(texts: pa.Array) -> pa.Array:
    """Which texts are masked IDs of eighteen places with a digit shown and a digit hidden."""
    both = pc.and_(_matches(texts, r"\*"), _matches(texts, "[0-9]"))
    return pc.and_(_matches(texts, _MASKED_ID), both)


def as_staged(kind: FieldType, texts: pa.Array) -> pa.Array:
    """Texts that are already right in the type staging keeps."""
    if kind == "date":
        return texts.cast(pa.date32())
    if kind == "phones":
        return pa.ListArray.from_arrays(pa.array(range(len(texts) + 1), pa.int32()), texts)
    return texts


def _matches(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(texts, pattern)
