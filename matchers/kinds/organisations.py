"""The kind of column for names of Chinese organisations: what two spellings of one firm share, part by part.

In the SQL, `{c}` is the column's name, `l` and `r` the two rows. Levels stand in order; the first that holds counts.
"""

from __future__ import annotations

import pyarrow as pa

from matchers.encoding.strings import digests, strings, text_array
from matchers.encoding.typed import as_text
from matchers.encoding.units import UnitName, parse_unit
from matchers.kinds.plain import Encoded, Kind
from schemas.placeholders import means_nothing

_PARTS = ("core", "sound", "province", "district", "branch")


def encode_units(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """Digests of the 字号, its sound and the places; the industry and the form as text; whether the name is whole."""
    import numpy as np

    distinct = as_text(column).dictionary_encode()
    names = [_unit(text) for text in distinct.dictionary.to_pylist()] + [UnitName()]
    codes = np.asarray(distinct.indices.fill_null(len(names) - 1), np.int64)
    encoded: Encoded = {
        part: digests(strings(text_array([getattr(name, part) for name in names])))[codes] for part in _PARTS
    }
    rows = pa.array(codes)
    encoded |= {part: text_array([getattr(name, part) for name in names]).take(rows) for part in ("industry", "form")}
    encoded["whole"] = np.array([name.whole for name in names], np.uint8)[codes]
    return encoded


def _unit(text: str | None) -> UnitName:
    return parse_unit(text) if text and not means_nothing(text) else UnitName()


_CORE = "l.{c}_core = r.{c}_core"
_PROVINCE = "(l.{c}_province = r.{c}_province or 0 in (l.{c}_province, r.{c}_province))"
_DISTRICT = "(l.{c}_district = r.{c}_district or 0 in (l.{c}_district, r.{c}_district))"
_PLACES = f"{_PROVINCE} and {_DISTRICT}"
# One place is told wider or narrower than the other: 重庆 and 重庆市澜江区. The narrower one alone says as much.
_SAME_PLACE = (
    "(l.{c}_district = r.{c}_district and (l.{c}_district <> 0 or l.{c}_province = r.{c}_province)"
    " or (l.{c}_province = 0 and l.{c}_district = 0) or (r.{c}_province = 0 and r.{c}_district = 0))"
)
_NO_PLACE = "(l.{c}_province = 0 and l.{c}_district = 0 or r.{c}_province = 0 and r.{c}_district = 0)"
_SHORT_FORMS = "('', 'company')"
_FORM = (
    "(l.{c}_form = r.{c}_form"
    f" or l.{{c}}_form in {_SHORT_FORMS} and r.{{c}}_form in ('', 'company', 'limited', 'shares')"
    f" or r.{{c}}_form in {_SHORT_FORMS} and l.{{c}}_form in ('', 'company', 'limited', 'shares'))"
)
_WITHIN = (
    "(starts_with(l.{c}_industry, r.{c}_industry) or starts_with(r.{c}_industry, l.{c}_industry)"
    " or ends_with(l.{c}_industry, r.{c}_industry) or ends_with(r.{c}_industry, l.{c}_industry))"
)
# A name written out in full says at least what a short way of writing it says.
_NO_MORE_THAN_WHOLE = (
    "(l.{c}_whole = 0 or starts_with(l.{c}_industry, r.{c}_industry) or ends_with(l.{c}_industry, r.{c}_industry))"
    " and (r.{c}_whole = 0 or starts_with(r.{c}_industry, l.{c}_industry) or ends_with(r.{c}_industry, l.{c}_industry))"
)
_TWO_INDUSTRIES = "l.{c}_industry <> '' and r.{c}_industry <> ''"

ORGANISATIONS: dict[str, Kind] = {
    "organisation_name": Kind(
        encode=encode_units,
        keys={
            "core": "nullif({c}_core, 0)",
            "sound": "nullif({c}_sound, 0)",
        },
        missing="l.{c}_core = 0 or r.{c}_core = 0",
        levels={
            "branch": f"{_CORE} and l.{{c}}_branch <> r.{{c}}_branch",
            "same": f"{_CORE} and l.{{c}}_industry = r.{{c}}_industry and l.{{c}}_form = r.{{c}}_form and {_PLACES}"
            f" and {_SAME_PLACE} and not {_NO_PLACE}",
            "same_without_place": f"{_CORE} and l.{{c}}_industry = r.{{c}}_industry and l.{{c}}_form = r.{{c}}_form"
            f" and {_NO_PLACE}",
            "other_place": f"{_CORE} and not ({_PLACES})",
            "wider_place": f"{_CORE} and l.{{c}}_industry = r.{{c}}_industry and {_FORM} and not {_SAME_PLACE}",
            "short": f"{_CORE} and {_FORM} and l.{{c}}_whole + r.{{c}}_whole < 2 and {_TWO_INDUSTRIES} and {_WITHIN}"
            f" and {_NO_MORE_THAN_WHOLE}",
            "core_only": f"{_CORE} and {_FORM} and l.{{c}}_whole + r.{{c}}_whole < 2"
            " and '' in (l.{c}_industry, r.{c}_industry)",
            "near_industry": f"{_CORE} and {_FORM} and {_TWO_INDUSTRIES} and {_WITHIN}",
            "same_core": _CORE,
            "same_sound": f"l.{{c}}_sound = r.{{c}}_sound and l.{{c}}_industry = r.{{c}}_industry and {_FORM}"
            f" and {_PLACES}",
            "different": "true",
        },
        share_of={
            "same": "core", "same_without_place": "core", "short": "core", "core_only": "core", "wider_place": "core",
            "same_sound": "sound",
        },
        against=frozenset({"branch", "other_place", "near_industry", "same_core", "different"}),
    )
}  # fmt: skip
