"""One phone or ID as it is compared, whatever stands between or before its digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from schemas.people import PHONE_PLACES

BETWEEN_PHONES = r"[、/／；;,，|\\&\n]+"
_STARS = re.compile(r"[×●○•□◯✱※∗?_#■]")
_LETTER_MASK = re.compile(r"[Xx]{2,}(?=[0-9Xx\s-]*$)")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?)\s*[0-9]{1,6}$", re.IGNORECASE)
_FLOAT = re.compile(r"([0-9]{7,18})\.0*")
_SCIENTIFIC = re.compile(r"1\.([0-9]{10})[Ee]\+?10")
_COUNTRY = re.compile(r"^(?:00)?86(?=1[0-9*]{10}$)")
_TRUNK = re.compile(r"^0(?=1[3-9][0-9]{9}$)")
_ID_SIGNS = re.compile(r"[\s\-‐-―.·'\"`,\u200b-\u200f\u2060\ufeff\u00ad]+")
_ID = re.compile(r"[0-9*]{17}[0-9X*]|[0-9*]{15}")
_CROSSES = str.maketrans(dict.fromkeys("\u0445\u0425\u03c7\u03a7", "X"))


@lru_cache(maxsize=1 << 14)
def plain_phone(text: str) -> str:
    """Digits and stars only, without the country code, an extension or the zero before a mobile number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _FLOAT.fullmatch(plain):
        plain = found[1]
    elif found := _SCIENTIFIC.fullmatch(plain):
        plain = f"1{found[1]}"
    bare = re.sub(r"[^0-9*]", "", _LETTER_MASK.sub(_as_stars, _STARS.sub("*", _EXTENSION.sub("", plain))))
    return _TRUNK.sub("", _COUNTRY.sub("", bare))


@lru_cache(maxsize=1 << 14)
def only_phone(text: str) -> str:
    """The one phone of eleven places in a cell; none where there are several different ones."""
    found = {plain_phone(part) for part in re.split(BETWEEN_PHONES, text)}
    whole = {one for one in found if len(one) == PHONE_PLACES}
    return whole.pop() if len(whole) == 1 else ""


@lru_cache(maxsize=1 << 14)
def plain_id(text: str) -> str:
    """18 or 15 places of digits and stars, the last perhaps X; none where the cell holds no such number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _FLOAT.fullmatch(plain):
        plain = found[1]
    bare = _ID_SIGNS.sub("", _STARS.sub("*", plain)).translate(_CROSSES).upper()
    bare = bare if _ID.fullmatch(bare) else _LETTER_MASK.sub(_as_stars, bare)
    return bare if _ID.fullmatch(bare) else ""


def _as_stars(found: re.Match[str]) -> str:
    return "*" * len(found[0])
