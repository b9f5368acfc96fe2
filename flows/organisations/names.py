"""One Party organisation's name, read into region, place and kind, so that two spellings of it compare equal.

`中共澜江区石栈街道柳林社区支部委员会` and `石栈街道柳林社区党支部` are one branch: same place, same kind, and only one
of them writes its region. The forms are data (`schemas/organisations.toml`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_NOISE = re.compile(r"[\s()（）\[\]【】〔〕“”\"'‘’·・.．,，、:：;；\-—–_/]+")
_NUMERAL = re.compile(r"第?([一二三四五六七八九十]{1,3}|\d{1,3})$")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True)
class OrganisationName:
    """A name taken apart: regions from wide to narrow, the place or body it belongs to, the kind of organisation."""

    regions: tuple[str, ...]
    place: str
    kind: str | None

    @property
    def region(self) -> str | None:
        """The narrowest region written: 重庆市澜江区 and 澜江区 are one."""
        return self.regions[-1] if self.regions else None


@dataclass(frozen=True)
class _Forms:
    """The forms of names as data, ready for use."""

    prefixes: tuple[str, ...]
    endings: tuple[tuple[str, str], ...]
    """(form, kind), longest form first."""
    inner: tuple[tuple[str, str], ...]
    region: re.Pattern[str]
    parts: tuple[str, ...]


@cache
def forms() -> _Forms:
    """The forms of `schemas/organisations.toml`."""
    body: dict[str, Any] = tomllib.loads((resources.files("schemas") / "organisations.toml").read_text("utf-8"))
    endings = [(form, ending["kind"]) for ending in body["endings"] for form in ending["forms"]]
    inner = [(word, entry["as"]) for entry in body["inner"] for word in entry["written"]]
    return _Forms(
        prefixes=tuple(body["prefixes"]),
        endings=tuple(sorted(endings, key=lambda entry: -len(entry[0]))),
        inner=tuple(sorted(inner, key=lambda entry: -len(entry[0]))),
        region=_region_pattern(body["regions"]),
        parts=tuple(body["regions"]["parts"]),
    )


def _region_pattern(regions: dict[str, Any]) -> re.Pattern[str]:
    """The shortest head of a name that ends like a region and is none of the words that only look like one."""
    long, short = regions["endings"], regions["short_endings"]
    # 州 ends no region by itself: it stands in 广州市 and 苏州市.
    signs = "".join(sorted({ending for ending in (*long, *short) if len(ending) == 1}))
    heads = (
        rf"[^{signs}]{{{least},{regions['longest']}}}?(?:{'|'.join(endings)})"
        for least, endings in ((2, long), (1, short))
    )
    behind = "".join(f"(?<!{word}区)" for word in regions["never_behind"])
    return re.compile(rf"(?:{'|'.join(heads)}){behind}(?!{'|'.join(regions['never_before'])})")


@lru_cache(maxsize=1 << 14)
def read_name(text: str | None) -> OrganisationName | None:
    """The name taken apart; None where nothing is written."""
    bare = _NOISE.sub("", unicodedata.normalize("NFKC", text or ""))
    if not bare:
        return None
    endings = forms()
    bare = _without_prefix(bare, endings)
    regions, rest = _regions(bare, endings)
    rest = _without_prefix(rest, endings)
    place, kind = _ending(rest, endings)
    for written, meant in endings.inner:
        place = place.replace(written, meant)
    return OrganisationName(regions, _numeral(place), kind)


def _without_prefix(text: str, endings: _Forms) -> str:
    return next((text.removeprefix(prefix) for prefix in endings.prefixes if text.startswith(prefix)), text)


def _regions(text: str, endings: _Forms) -> tuple[tuple[str, ...], str]:
    """The regions at the head of a name and what follows them; a name that is nothing else keeps its last one."""
    regions: list[str] = []
    rest = text
    while match := endings.region.match(rest):
        regions.append(match[0])
        rest = rest[match.end() :]
    return tuple(regions), rest


def _ending(text: str, endings: _Forms) -> tuple[str, str | None]:
    for form, kind in endings.endings:
        if text.endswith(form):
            return text.removesuffix(form), kind
    return text, None


def _numeral(place: str) -> str:
    """`第一`, `一` and `第1` at the end of a place are one number."""
    match = _NUMERAL.search(place)
    if match is None or match.start() == 0:
        return place
    return f"{place[: match.start()]}#{_value(match[1])}"


def _value(numeral: str) -> int:
    if numeral.isdigit():
        return int(numeral)
    tens, mark, ones = numeral.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if mark else 0) + _DIGITS.get(ones, 0)


_AROUND_CODES = "'‘’`´\"“”"
_SEPARATED = re.compile(r"[-‐‑–—_./·\s]")


@lru_cache(maxsize=1 << 14)
def code_forms(code: str | None) -> tuple[str, ...]:
    """What a code is compared as, closest first: as shown, without leading zeros, without separators.

    Quotes around it, blanks, full width and a float's `.0` are no part of a code: '011, 11.0 and 011 are one.
    """
    bare = re.sub(r"\s", "", unicodedata.normalize("NFKC", code or "")).strip(_AROUND_CODES).upper()
    bare = re.sub(r"^(\d+)\.0+$", r"\1", bare)
    joined = _SEPARATED.sub("", bare)
    return tuple(dict.fromkeys(form for form in (bare, _without_zeros(bare), _without_zeros(joined)) if form))


def is_code(text: str | None) -> bool:
    """Whether a text can only be a code, never a name: digits, Latin letters and separators, a digit among them."""
    forms = code_forms(text)
    return bool(forms) and forms[-1].isascii() and forms[-1].isalnum() and any(map(str.isdigit, forms[-1]))


def _without_zeros(code: str) -> str:
    return code.lstrip("0") or code[:1]
