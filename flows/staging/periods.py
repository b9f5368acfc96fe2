"""One start and one end per cell that holds both: 起止年月 such as `202301-202312` or `2025年12月至今`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial

import pyarrow as pa

from flows.staging.values.cells import EMPTY, Cleaned, merged, narrow
from flows.staging.values.columns import FieldColumn, Repair, nothing
from flows.staging.values.fields import cleaner_of
from schemas.contracts import SourceContract, SourceField

_SINGLE_DATE = r"[0-9]{4}(?:[-./年][0-9]{1,2}(?:[-./月][0-9]{1,2}日?|月)?|[0-9]{2}(?:[0-9]{2})?|年)"
_END = f"{_SINGLE_DATE}|至今|今|长期有效|长期|现在|目前|永久|"
_UNTIL = re.compile(rf"(?:有效期?)?(?:至|到|止于|截止到?|截至)?({_SINGLE_DATE}|长期有效|长期|永久)(?:止)?")
_BOTH = re.compile(rf"(?:自|从)?({_SINGLE_DATE})(?:起)?\s*(?:--+|—+|－|–|-|~|～|至|到|/)\s*({_END})(?:止)?")
SPLIT = "period_split"


def split_periods(columns: dict[str, FieldColumn], contract: SourceContract) -> None:
    """Fill the start and end fields of the contract's `periods` where a row gives both in one cell and them not."""
    for whole, *ends in contract.periods:
        if whole not in columns:
            continue
        texts = columns[whole].arrays[0].to_pylist()
        for end, name in enumerate(ends):
            field = contract.field(name)
            if field is not None:
                read = partial(_read, field, end=end, alone=1 if contract.period_alone == "end" else 0)
                columns[name] = _filled(columns.get(name), field, texts, read)


def _filled(
    column: FieldColumn | None, field: SourceField, texts: list[str | None], read: Callable[[str], Cleaned]
) -> FieldColumn:
    """One end of the period where its own column has nothing; each value taken over is a repair."""
    own = (column.arrays[0] if column else nothing(field, len(texts))[0]).to_pylist()
    repairs: list[Repair] = list(column.repairs) if column else []
    for index, text in enumerate(texts):
        if own[index] is None and text is not None:
            result = read(text)
            own[index] = result.value
            repairs += [(index, repair, text) for repair in result.repairs]
    return FieldColumn((pa.array(own, field.staged()[0].type),), tuple(repairs))


@lru_cache(maxsize=1 << 14)
def _read(field: SourceField, text: str, end: int, alone: int) -> Cleaned:
    """One end of a period. A date without another is the end `alone`: 有效期 tells when a licence ends."""
    plain = re.sub(r"\s", "", narrow(text)[0])
    both = _BOTH.fullmatch(plain)
    if both is None:
        if end != alone:
            return EMPTY
        until = _UNTIL.fullmatch(plain) if alone else None
        single = cleaner_of(field)(until[1] if until else plain)
        if "open_ended" in single.repairs:
            return Cleaned(None, (SPLIT, "open_ended"))
        return Cleaned(single.value, (SPLIT,) if isinstance(single.value, date) else ("unusable_period",))
    result = cleaner_of(field)(both[end + 1]) if both[end + 1] else Cleaned(None, ("open_ended",))
    return Cleaned(result.value, merged([SPLIT, *result.repairs]))
