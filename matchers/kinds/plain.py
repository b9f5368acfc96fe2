"""Kinds of columns: how each is encoded as integers, which keys it blocks by, and its comparison levels as SQL.

In the SQL, `{c}` is the column's name, `l` and `r` the two rows. Levels stand in order; the first that holds counts.
Before them comes the level null: a side has no value there, and it weighs 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.ids import encode_ids
from matchers.encoding.names import encode_names
from matchers.encoding.numbers import encode_dates, encode_phones
from matchers.encoding.several import Numbers
from matchers.encoding.text import encode_category, encode_text
from matchers.kinds.comparing import Bools, PairRows, Test
from matchers.kinds.places import Places, places_sql

Encoded = dict[str, npt.NDArray[np.generic] | pa.Array | Numbers]
Words = npt.NDArray[np.uint64]
Strings: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class Kind:
    """One kind of column.

    `encode`: a column's cells as forms by suffix; `encode_plain`: the same where cells that are not plainly written are
    encoded by themselves later. `keys`: blocking keys as SQL over one row; null where it shows
    nothing. `lists`: of keys of which a row may show several, per number of a cell whether it has the key, and which;
    `keys` then only names them. `places`: keys that are places shown, which whole columns of numbers give faster than
    their SQL.
    `missing`, `levels`: SQL over the two rows, or tests over encoded rows; levels are ordered. `against`: levels that
    speak against one person. `classes`: what two rows show together, the first that holds counts, with the levels that
    agree there; a level's m is its share within its class.
    `share_of`: the key whose frequency is a level's chance. `agreed`: the value two rows agree on at a level, where it
    is not simply the right row's key. `by_places`: levels whose chance is that of the digits both IDs show.
    `shown_as`: the form under which an ID column shows the same, and its empty value. `silent`: SQL over one row with
    `{id}` for the ID's column: it shows the same, right or wrong; where both rows' IDs do, it is counted there already.
    `shown_by`: the same for kinds of tests: the ID's form and its empty value.
    """

    encode: Callable[[Strings], Encoded]
    keys: Mapping[str, str]
    missing: str | Test
    levels: Mapping[str, str] | Mapping[str, Test]
    share_of: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[Places, ...]] = field(default_factory=dict)
    lists: Mapping[str, Callable[[Numbers], tuple[Bools, Words]]] = field(default_factory=dict)
    agreed: Mapping[str, Callable[[PairRows], Words]] = field(default_factory=dict)
    by_places: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset({"different", "other", "other_shown"})
    shown_as: tuple[str, str] | None = None
    silent: str = "{id}_male <> -1"
    shown_by: tuple[str, int] = ("male", -1)
    classes: tuple[tuple[Test, tuple[str, ...]], ...] = ()
    encode_plain: Callable[[Strings], Encoded] | None = None

    @property
    def tests(self) -> tuple[Test, dict[str, Test]] | None:
        """What tells that a side shows nothing, and the levels, where they are tests; null where they are SQL."""
        if isinstance(self.missing, str):
            return None
        return self.missing, {name: test for name, test in self.levels.items() if not isinstance(test, str)}


def _encode_name(column: Strings) -> Encoded:
    names = encode_names(column)
    return {
        "key": names.key, "sound": names.sound, "fold": names.fold, "swap": names.swap,
        "len": names.length, "kind": names.kind,
    }  # fmt: skip


def _encode_id(column: Strings) -> Encoded:
    ids = encode_ids(column)
    return {
        "head": ids.head, "head_mask": ids.head_mask, "tail": ids.tail, "tail_mask": ids.tail_mask, "kind": ids.kind,
        "birth": ids.birth, "male": ids.male,
    }  # fmt: skip


def _encode_phone(column: Strings) -> Encoded:
    digits, mask = encode_phones(column)
    return {"digits": digits, "mask": mask}


def _encode_date(column: Strings) -> Encoded:
    return {"day": encode_dates(column)}


def _encode_category(column: Strings) -> Encoded:
    return {"value": encode_category(column)}


def _encode_text(column: Strings) -> Encoded:
    value, text = encode_text(column)
    return {"value": value, "text": text}


# How many bits both IDs show, and in how many of the places both show they differ.
ID_BOTH = "(bit_count(l.{c}_head_mask & r.{c}_head_mask) + bit_count(l.{c}_tail_mask & r.{c}_tail_mask))"
ID_OTHER = (
    "(bit_count(nibbles(l.{c}_head, r.{c}_head, l.{c}_head_mask & r.{c}_head_mask))"
    " + bit_count(nibbles(l.{c}_tail, r.{c}_tail, l.{c}_tail_mask & r.{c}_tail_mask)))"
)
_PHONE_OTHER = "bit_count(nibbles(l.{c}_digits, r.{c}_digits, l.{c}_mask & r.{c}_mask))"
_LANES = " + ".join(f"((xor(l.{{c}}_key, r.{{c}}_key) >> {16 * lane}) & 65535 <> 0)::tinyint" for lane in range(4))
ID_FULL = "l.{c}_kind = 1 and r.{c}_kind = 1 and l.{c}_head = r.{c}_head and l.{c}_tail = r.{c}_tail"
ID_WHOLE = "case when {c}_kind = 1 then hash({c}_head, {c}_tail) end"
_HEAD4, _HEAD6, _TAIL4 = (
    Places("head", "head_mask", 0, 4, "kind"), Places("head", "head_mask", 0, 6, "kind"),
    Places("tail", "tail_mask", 5, 4, "kind"),
)  # fmt: skip
_ID_PLACES = {"tail4": (_TAIL4,), "head4_tail4": (_HEAD4, _TAIL4), "head6": (_HEAD6,)}
_PHONE_HEAD3, _PHONE_TAIL4 = Places("digits", "mask", 0, 3), Places("digits", "mask", 7, 4)
_PHONE_PLACES = {
    "full": (Places("digits", "mask", 0, 11),), "tail4": (_PHONE_TAIL4,), "head3_tail4": (_PHONE_HEAD3, _PHONE_TAIL4),
}  # fmt: skip
ID_TAIL4 = places_sql(_TAIL4)
# Two days of which one follows the other, in numbers yyyymmdd: a moment with another zone, or a typing error.
_EARLIER, _LATER = "least(l.{c}_day, r.{c}_day)", "greatest(l.{c}_day, r.{c}_day)"
_LAST_DAY = (
    f"case when {_EARLIER} // 100 % 100 = 2 then 28 + ({_EARLIER} // 10000 % 4 = 0)::integer "
    f"when {_EARLIER} // 100 % 100 in (4, 6, 9, 11) then 30 else 31 end"
)
NEXT_DAY = (
    f"({_EARLIER} % 100 > 0 and ({_LATER} - {_EARLIER} = 1 or ({_LATER} % 100 = 1 "
    f"and {_LATER} // 100 - {_EARLIER} // 100 in (1, 89) and {_EARLIER} % 100 = {_LAST_DAY})))"
)
# An ID whose check digit fails is a typing error: it may stand near a valid one, and agrees with nothing else. What it
# shows may still differ.
_SLIP = "(3 in (l.{c}_kind, r.{c}_kind))"
_BESIDE_A_VALID_ONE = "(1 in (l.{c}_kind, r.{c}_kind))"
ID_MISSING = f"{ID_BOTH} = 0 or ({_SLIP} and not {_BESIDE_A_VALID_ONE} and {ID_OTHER} = 0)"

KINDS: dict[str, Kind] = {
    "person_name": Kind(
        encode=_encode_name,
        keys={
            "key": "nullif({c}_key, 0)",
            "sound": "nullif({c}_sound, 0)",
            "fold": "nullif({c}_fold, 0)",
            "swap": "nullif({c}_swap, 0)",
        },
        missing="l.{c}_kind <> 1 or r.{c}_kind <> 1",
        levels={
            "exact": "l.{c}_key = r.{c}_key",
            "sound": "l.{c}_sound = r.{c}_sound",
            "swapped": "l.{c}_swap = r.{c}_swap and l.{c}_swap <> 0",
            "near_sound": "l.{c}_fold = r.{c}_fold",
            "one_character": f"l.{{c}}_len = r.{{c}}_len and l.{{c}}_len < 9 and ({_LANES}) = 1",
            "different": "true",
        },
        share_of={"exact": "key", "sound": "sound", "near_sound": "fold", "swapped": "swap"},
    ),
    "resident_id": Kind(
        encode=_encode_id,
        keys={
            "full": ID_WHOLE,
            **{form: places_sql(*parts) for form, parts in _ID_PLACES.items()},
            "birth": "nullif({c}_birth, 0)",
        },
        missing=ID_MISSING,
        levels={
            "full": ID_FULL,
            "visible": f"{ID_OTHER} = 0",
            "near": f"{ID_BOTH} >= 60 and {ID_OTHER} <= 2 and {_SLIP} and {_BESIDE_A_VALID_ONE}",
            "other_shown": "l.{c}_kind = 2 or r.{c}_kind = 2",
            "other": "true",
        },
        places=_ID_PLACES,
        by_places=frozenset({"full", "visible"}),
    ),
    "phone": Kind(
        encode=_encode_phone,
        keys={form: places_sql(*parts) for form, parts in _PHONE_PLACES.items()},
        places=_PHONE_PLACES,
        missing="l.{c}_mask & r.{c}_mask = 0",
        levels={
            "full": "l.{c}_mask & r.{c}_mask = 17592186044415 and l.{c}_digits = r.{c}_digits",
            "visible": f"{_PHONE_OTHER} = 0",
            "near": f"{_PHONE_OTHER} <= 2 and l.{{c}}_mask & r.{{c}}_mask = 17592186044415",
            "other": "true",
        },
    ),
    "date": Kind(
        encode=_encode_date,
        keys={"day": "nullif({c}_day, 0)", "year": "nullif({c}_day // 10000, 0)"},
        missing="l.{c}_day = 0 or r.{c}_day = 0",
        levels={
            "same": "l.{c}_day = r.{c}_day",
            "one_part": "(l.{c}_day // 10000 = r.{c}_day // 10000)::tinyint "
            "+ (l.{c}_day // 100 % 100 = r.{c}_day // 100 % 100)::tinyint "
            "+ (l.{c}_day % 100 = r.{c}_day % 100)::tinyint = 2 "
            "or (l.{c}_day // 10000 = r.{c}_day // 10000 and l.{c}_day // 100 % 100 = r.{c}_day % 100 "
            f"and l.{{c}}_day % 100 = r.{{c}}_day // 100 % 100) or {NEXT_DAY}",
            "different": "true",
        },
        shown_as=("birth", "0"),
        # An ID with a wrong digit shows its birth date as well: IDs that nearly agree mostly agree in it.
        silent="({id}_birth <> 0 or {id}_kind = 3)",
    ),
    "text": Kind(
        encode=_encode_text,
        keys={
            "value": "nullif({c}_value, 0)",
            "start3": "case when length({c}_text) >= 3 then hash(substr({c}_text, 1, 3)) end",
            "start5": "case when length({c}_text) >= 5 then hash(substr({c}_text, 1, 5)) end",
        },
        missing="l.{c}_value = 0 or r.{c}_value = 0",
        levels={
            "same": "l.{c}_value = r.{c}_value",
            "near": "jaro_winkler_similarity(l.{c}_text, r.{c}_text) >= 0.92",
            "similar": "jaro_winkler_similarity(l.{c}_text, r.{c}_text) >= 0.84",
            "different": "true",
        },
        share_of={"same": "value"},
    ),
    "category": Kind(
        encode=_encode_category,
        keys={"value": "nullif({c}_value, 0)"},
        missing="l.{c}_value = 0 or r.{c}_value = 0",
        levels={"same": "l.{c}_value = r.{c}_value", "different": "true"},
        share_of={"same": "value"},
    ),
}
