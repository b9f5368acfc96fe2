"""What a name gives away where no cell says it: the street of a station, the platform of a file. Null where unsure.

Both are inferences, kept apart from what a cell states (`street_from`, `platform_from` of `work_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePath

from schemas.trades import Scope

_KIND = re.compile(r"(街道办事处|街道办|街道|镇|乡)$")
_ROAD = re.compile(r"^(大道|大街|路|街(?!道)|巷|桥|站台|机场|大桥)")
_LEAST, _LONGEST = 2, 8


@cache
def street_stem(street: str) -> str:
    """鱼洞 of 鱼洞街道; the name itself where nothing is left of it."""
    stem = _KIND.sub("", street)
    return stem if len(stem) >= _LEAST else street


def street_in(text: str | None, streets: Iterable[str]) -> str | None:
    """The one known street that a station's name names: 鱼洞一站 is in 鱼洞街道.

    A full name beats a stem, a longer stem the shorter one inside it. Null where two streets are named, where a stem
    is that of two streets, or where it is a road's (鱼洞路, 鱼洞大道): a road may run through several streets.
    """
    if not text:
        return None
    known = sorted(set(streets))
    full = _longest({street: street for street in known if street in text})
    if full:
        return next(iter(full)) if len(full) == 1 else None
    stems: dict[str, set[str]] = {}
    for street in known:
        if _names(text, street_stem(street)):
            stems.setdefault(street_stem(street), set()).add(street)
    result = {street for stem in _longest({stem: stem for stem in stems}) for street in stems[stem]}
    return result.pop() if len(result) == 1 else None


def platform_in(texts: Iterable[str | None], names: Mapping[str, str]) -> str | None:
    """The one platform that the first of these texts names: by a name of it, in any case of letters.

    `names`: every name of a platform with the platform's own. A longer name beats the shorter one inside it (京东到家
    and 京东). Null where a text names two platforms: its rows may be of either.
    """
    for text in texts:
        said = PurePath(text).name.casefold() if text else ""
        result = {
            names[name] for name in _longest({name: name for name in names if _contains_name(said, name.casefold())})
        }
        if result:
            return result.pop() if len(result) == 1 else None
    return None


def platform_of_sender(sender: str, scope: Scope) -> str | None:
    """The platform that a sender's file name begins with: 蓝骑 of 蓝骑骑手信息; null where it begins with none.

    `sender`: the file's name without folder, ending, dates and numbers. A place or a kind of people is no platform.
    """
    ends = [at for word in scope.people_words if (at := sender.find(word)) >= 0]
    head = sender[: min(ends)].removesuffix("平台") if ends else ""
    plain = _LEAST <= len(head) <= _LONGEST and head.isalpha()
    return head if plain and not re.search(scope.no_platforms, head) else None


def _contains_name(text: str, name: str) -> bool:
    """Whether a text holds a name; one in Latin letters only as a word of its own (T3 is not in sheet3)."""
    if not name.isascii():
        return name in text
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _names(text: str, stem: str) -> bool:
    """Whether a stem stands in a text as a place's name, and not only as a road's."""
    return stem in text and any(not _ROAD.match(text[entry.end() :]) for entry in re.finditer(re.escape(stem), text))


def _longest(names: Mapping[str, str]) -> set[str]:
    """Names that are not part of a longer one among them."""
    return {name for name in names if not any(name != other and name in other for other in names)}
