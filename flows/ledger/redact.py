"""No published cell holds a valid ID, a phone or a clear personal name."""

from __future__ import annotations

import re
from operator import add
from pathlib import PurePath

from flows.home.keys import DistrictKey
from flows.ledger.written_numbers import numbers_in

_HAN = re.compile(r"[㐀-鿿·]{2,}")
_AFTER_NAME = ("的", "名单", "个人", "简历", "材料", "登记", "身份", "信息", "报到", "先生", "女士", "师傅", "同志")
_SOLE_TRADER = ("店", "铺", "部", "馆", "摊", "坊", "个体", "经营户", "工作室", "商行", "行")


def is_personal_number(text: str) -> bool:
    """Whether a text is, or holds, an ID number or a mobile number, however it is written."""
    return next(numbers_in(text), None) is not None


class Redactor:
    """Shortens or tokenises what must not be published; one per run, with tonight's names."""

    def __init__(self, key: DistrictKey, names: frozenset[str]) -> None:
        self._key = key
        self._names = names
        self._longest = max(map(len, names), default=0)
        self._heads = frozenset([name[:2] for name in names])
        self._texts: dict[str, str] = {}
        self._files: dict[str, str] = {}

    def number(self, text: str | None) -> str | None:
        """A record number: a keyed token in place of one that holds an ID or a phone."""
        if text is None or not (text in self._names or is_personal_number(text)):
            return text
        return self._token("id", text)

    def file(self, name: str) -> str:
        """A file's or sheet's name, tokenised when it holds an ID, a phone or a person's name."""
        if name not in self._files:
            personal = is_personal_number(name) or self._names_somebody(name)
            suffix = PurePath(name).suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", PurePath(name).suffix.lower()) else ""
            self._files[name] = self._token("file", name) + suffix if personal else name
        return self._files[name]

    def text(self, text: str | None) -> str | None:
        """Free text such as a unit: numbers tokenised, a person's name shortened to 张*."""
        if text is None:
            return None
        if text not in self._texts:
            self._texts[text] = self._shortened(self.numbers(text))
        return self._texts[text]

    def numbers(self, text: str) -> str:
        """A text with a token in place of each ID and mobile number in it: one number, one token, however written."""
        at, parts = 0, []
        for result in numbers_in(text):
            parts += [text[at : result.start], self._token("id", result.number)]
            at = result.end
        return "".join([*parts, text[at:]])

    def _shortened(self, text: str) -> str:
        if self._heads.isdisjoint(map(add, text, text[1:])):
            return text  # no two characters of it begin a name
        sole = text.endswith(_SOLE_TRADER) or "个体" in text or text in self._names
        least = 2 if sole else 3
        at, out = 0, ""
        while at < len(text):
            size = self._name_at(text, at, least)
            out += f"{text[at]}*" if size else text[at]
            at += size or 1
        return out

    def _name_at(self, text: str, at: int, least: int) -> int:
        """Characters of the longest name of so many characters or more that begins at a place; 0 where none does."""
        if text[at : at + 2] not in self._heads:
            return 0
        return next((n for n in range(self._longest, least - 1, -1) if text[at : at + n] in self._names), 0)

    def _names_somebody(self, name: str) -> bool:
        for chunk in _HAN.findall(name):
            if chunk in self._names or any(
                chunk[at : at + size] in self._names for size in range(3, 8) for at in range(len(chunk) - size + 1)
            ):
                return True
            if chunk[:2] in self._names and chunk[2:].startswith(_AFTER_NAME):
                return True
        return False

    def _token(self, kind: str, text: str) -> str:
        return f"{kind}:{self._key.token('redacted', text)[:12]}"


def shortened_name(name: str | None) -> str:
    """张\\*: the first character and a star."""
    return f"{name[0]}*" if name and name[0] != "*" else "*"
