"""Kinds of columns for Chinese people whose cells are masked, cut or dirty: the levels that evidence is weighed by.

They tell apart what the plain kinds take together: a masked name, the first 15 digits of an ID, its head and tail, the
ends of a phone number, a date in part. In the SQL, `{c}` is the column's name, `l` and `r` the two rows.
"""

from __future__ import annotations

from matchers.encoding.cells import (
    encode_chinese_names,
    encode_masked_ids,
    encode_partial_dates,
    encode_phone_lists,
    encode_sexes,
)
from matchers.engine import unrolled
from matchers.linkage.kinds import ID_BOTH, ID_FULL, ID_MISSING, ID_OTHER, ID_TAIL4, ID_WHOLE, NEXT_DAY, Kind

_NINE = 16**9 - 1
_SIX = 16**6 - 1
_PHONE_WHOLE = 16**11 - 1
_PHONE_ENDS = 16**3 - 1 | _PHONE_WHOLE - (16**7 - 1)

_OTHER_PLACE = "(substr(l.{{c}}_text, {i}, 1) <> substr(r.{{c}}_text, {i}, 1))::integer"
_NAMES = Kind(
    encode=encode_chinese_names,
    keys={
        "key": "nullif({c}_key, 0)",
        "sound": "nullif({c}_sound, 0)",
        "fold": "nullif({c}_fold, 0)",
        "swap": "nullif({c}_swap, 0)",
        "head": "case when {c}_kind = 1 then nullif({c}_head, 0) end",
    },
    missing="l.{c}_kind = 0 or r.{c}_kind = 0",
    levels={
        "exact": "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_raw = r.{c}_raw",
        "simplified": "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_key = r.{c}_key",
        "sound": "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_sound = r.{c}_sound",
        "swapped": "l.{c}_swap = r.{c}_swap and l.{c}_swap <> 0 and l.{c}_len = r.{c}_len",
        "near_sound": "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_fold = r.{c}_fold",
        "placeholder": "3 in (l.{c}_kind, r.{c}_kind) and 2 not in (l.{c}_kind, r.{c}_kind) "
        "and coalesce(r.{c}_text like l.{c}_like, l.{c}_text like r.{c}_like)",
        "masked": "2 in (l.{c}_kind, r.{c}_kind) and coalesce(r.{c}_text like l.{c}_like, l.{c}_text like r.{c}_like)",
        "one_character": "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_head = r.{c}_head "
        "and length(l.{c}_text) = length(r.{c}_text) and length(l.{c}_text) between 3 and 6 "
        f"and ({unrolled(_OTHER_PLACE, 6, '+').replace('{{c}}', '{c}')}) = 1",
        "different": "true",
    },
    share_of={
        "exact": "key",
        "simplified": "key",
        "sound": "sound",
        "swapped": "swap",
        "near_sound": "fold",
        "masked": "head",
    },
    agreed={"masked": "coalesce(nullif(l.{c}_head, 0), nullif(r.{c}_head, 0))"},
    classes=(
        ("2 in (l.{c}_kind, r.{c}_kind)", ("masked",)),
        ("3 in (l.{c}_kind, r.{c}_kind)", ("placeholder",)),
        ("true", ("exact", "simplified", "sound", "swapped", "near_sound", "one_character")),
    ),
    against=frozenset({"different"}),
)

_HEADS = "(l.{c}_head_mask & r.{c}_head_mask)"
_TAILS = "(l.{c}_tail_mask & r.{c}_tail_mask)"


def _turned(half: str, other: str) -> str:
    """SQL: the half differs in two neighbouring places that have changed places, and the other half in none."""
    away = f"nibbles(l.{{c}}_{half}, r.{{c}}_{half}, l.{{c}}_{half}_mask & r.{{c}}_{half}_mask)::bigint"
    still = f"bit_count(nibbles(l.{{c}}_{other}, r.{{c}}_{other}, l.{{c}}_{other}_mask & r.{{c}}_{other}_mask)) = 0"
    lowest = f"({away} & -({away}))"
    first, second = (f"(({side}.{{c}}_{half}::bigint // {lowest}) & 255)" for side in "lr")
    return f"({still} and {away} = {lowest} * 17 and {first} = (({second} >> 4) | (({second} & 15) << 4)))"


# Places 9 and 10 are neighbours that stand in different halves.
_MIDDLE_TURNED = (
    "(bit_count(nibbles(l.{c}_head, r.{c}_head, l.{c}_head_mask & r.{c}_head_mask)) = 1"
    " and bit_count(nibbles(l.{c}_tail, r.{c}_tail, l.{c}_tail_mask & r.{c}_tail_mask)) = 1"
    " and (l.{c}_head >> 32) & 15 = r.{c}_tail & 15 and (r.{c}_head >> 32) & 15 = l.{c}_tail & 15"
    " and (l.{c}_head >> 32) & 15 <> (r.{c}_head >> 32) & 15)"
)
_NEIGHBOURS = f"({_turned('head', 'tail')} or {_turned('tail', 'head')} or {_MIDDLE_TURNED})"

_IDS = Kind(
    encode=encode_masked_ids,
    keys={
        "full": ID_WHOLE,
        "first15": f"case when {{c}}_kind <> 3 and {{c}}_head_mask = {_NINE} and {{c}}_tail_mask & {_SIX} = {_SIX} "
        f"then hash({{c}}_head, {{c}}_tail & {_SIX}) end",
        "head6_tail4": f"case when {{c}}_kind <> 3 and {{c}}_head_mask & {_SIX} = {_SIX} "
        "and {c}_tail_mask >> 20 = 65535 "
        f"then (({{c}}_head & {_SIX}) << 16) | ({{c}}_tail >> 20) end",
        "tail4": ID_TAIL4,
        "birth": "nullif({c}_birth, 0)",
    },
    missing=ID_MISSING,
    levels={
        "full": ID_FULL,
        "first15": f"{ID_OTHER} = 0 and {_HEADS} = {_NINE} and {_TAILS} & {_SIX} = {_SIX}",
        "head6_tail4": f"{ID_OTHER} = 0 and {_HEADS} & {_SIX} = {_SIX} and {_TAILS} >> 20 = 65535",
        "tail4": f"{ID_OTHER} = 0 and {_TAILS} >> 20 = 65535",
        "partial": f"{ID_OTHER} = 0",
        "one_digit": f"{ID_BOTH} >= 60 and 3 in (l.{{c}}_kind, r.{{c}}_kind) and 1 in (l.{{c}}_kind, r.{{c}}_kind) "
        f"and ({ID_OTHER} = 1 or {ID_OTHER} = 2 and {_NEIGHBOURS})",
        "conflict": "true",
    },
    by_places=frozenset({"full", "first15", "head6_tail4", "tail4", "partial"}),
    classes=(
        ("l.{c}_kind = 1 and r.{c}_kind = 1", ("full",)),
        (f"{_HEADS} = {_NINE} and {_TAILS} & {_SIX} = {_SIX}", ("first15",)),
        (f"{_HEADS} & {_SIX} = {_SIX} and {_TAILS} >> 20 = 65535", ("head6_tail4",)),
        (f"{_TAILS} >> 20 = 65535", ("tail4",)),
        ("true", ("partial",)),
    ),
    against=frozenset({"one_digit", "conflict"}),
)

_WHOLE_LIST = "list_transform(list_filter({c}_all, lambda p: p.w), lambda p: p.t)"
_ENDS_LIST = (
    f"list_transform(list_filter({{c}}_all, lambda p: p.m & {_PHONE_ENDS} = {_PHONE_ENDS}), "
    f"lambda p: ((p.d & {16**3 - 1}) << 16) | (p.d >> 28))"
)
_RANK = (
    "coalesce(list_max(list_transform(l.{c}_all, lambda a: list_max(list_transform(r.{c}_all, lambda b: case "
    "when a.t = b.t and a.w and b.w then 5 when a.m = 0 or b.m = 0 then 1 "
    "when xor(a.d, b.d) & a.m & b.m <> 0 then 1 "
    f"when a.m & b.m & {_PHONE_ENDS} = {_PHONE_ENDS} then 4 "
    "when (a.m & b.m) >> 28 = 65535 then 3 when a.m & b.m = 0 then 0 else 2 end)))), 0)"
)
# What the best shown two numbers of a pair could agree on: all, the ends, the last four, anything.
_SHOWN = (
    "list_max(list_transform(l.{c}_all, lambda a: list_max(list_transform(r.{c}_all, lambda b: case "
    f"when a.w and b.w then 4 when a.m & b.m & {_PHONE_ENDS} = {_PHONE_ENDS} then 3 "
    "when (a.m & b.m) >> 28 = 65535 then 2 else 1 end))))"
)
_PHONES = Kind(
    encode=encode_phone_lists,
    keys={"full": f"({_WHOLE_LIST})[1]", "head3_tail4": f"({_ENDS_LIST})[1]"},
    lists={"full": _WHOLE_LIST, "head3_tail4": _ENDS_LIST},
    missing=f"{_RANK} = 0",
    levels={
        "full": f"{_RANK} = 5",
        "head3_tail4": f"{_RANK} = 4",
        "tail4": f"{_RANK} = 3",
        "partial": f"{_RANK} = 2",
        "conflict": "true",
    },
    share_of={"full": "full", "head3_tail4": "head3_tail4"},
    classes=(
        (f"{_SHOWN} >= 4", ("full",)),
        (f"{_SHOWN} = 3", ("head3_tail4",)),
        (f"{_SHOWN} = 2", ("tail4",)),
        ("true", ("partial",)),
    ),
    against=frozenset({"conflict"}),
)

_DATES = Kind(
    encode=encode_partial_dates,
    keys={
        "day": "case when {c}_day % 100 > 0 then {c}_day end",
        "year": "nullif({c}_day // 10000, 0)",
    },
    missing="l.{c}_day = 0 or r.{c}_day = 0",
    levels={
        "full": "l.{c}_day = r.{c}_day and l.{c}_day % 100 > 0",
        "year_month": "l.{c}_day // 100 = r.{c}_day // 100 and l.{c}_day // 100 % 100 > 0 "
        "and 0 in (l.{c}_day % 100, r.{c}_day % 100)",
        "year": "l.{c}_day // 10000 = r.{c}_day // 10000 and 0 in (l.{c}_day // 100 % 100, r.{c}_day // 100 % 100)",
        "swapped": "l.{c}_day // 10000 = r.{c}_day // 10000 and l.{c}_day // 100 % 100 = r.{c}_day % 100 "
        "and l.{c}_day % 100 = r.{c}_day // 100 % 100",
        "one_day": NEXT_DAY,
        "conflict": "true",
    },
    against=frozenset({"swapped", "conflict"}),
    classes=(
        ("least(l.{c}_day % 100, r.{c}_day % 100) > 0", ("full",)),
        ("least(l.{c}_day // 100 % 100, r.{c}_day // 100 % 100) > 0", ("year_month",)),
        ("true", ("year",)),
    ),
    shown_as=("birth", "0"),
    silent="{id}_birth <> 0",
)

_SEXES = Kind(
    encode=encode_sexes,
    keys={"male": "case when {c}_male >= 0 then {c}_male end"},
    missing="l.{c}_male < 0 or r.{c}_male < 0",
    levels={"same": "l.{c}_male = r.{c}_male", "conflict": "true"},
    against=frozenset({"conflict"}),
    shown_as=("male", "-1"),
    silent="{id}_sexed <> 0",
)

CHINESE: dict[str, Kind] = {
    "chinese_name": _NAMES,
    "masked_id": _IDS,
    "phones": _PHONES,
    "partial_date": _DATES,
    "sex": _SEXES,
}
