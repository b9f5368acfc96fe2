"""Kinds of columns for Chinese people whose cells are masked, cut or dirty: the levels that evidence is weighed by.

They tell apart what the plain kinds take together: a masked name, the first 15 digits of an ID, its head and tail, the
ends of a phone number, a date in part. Levels are tests over encoded rows (`comparing`).
"""

from __future__ import annotations

from matchers.kinds.chinese_names import CHINESE_NAMES
from matchers.kinds.masked_ids import MASKED_IDS
from matchers.kinds.partial_dates import PARTIAL_DATES, SEXES
from matchers.kinds.phone_lists import PHONE_LISTS
from matchers.kinds.plain import Kind

CHINESE: dict[str, Kind] = {
    "chinese_name": CHINESE_NAMES,
    "masked_id": MASKED_IDS,
    "phones": PHONE_LISTS,
    "partial_date": PARTIAL_DATES,
    "sex": SEXES,
}
