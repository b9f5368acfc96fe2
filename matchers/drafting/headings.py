"""One meaning per header, where the lists of headers know it: the aliases of the shipped models, and headings.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

_ALIASED = ("person_cn.toml", "units_cn.toml")
_IN_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_SIGNS = re.compile(r"[\s_\-·.:：*]+")


@dataclass(frozen=True)
class Headings:
    """`meanings`: by plain header what its column means; `records`: plain headers of a record's own number;
    `endings`: how such headers end; `organisations`: words in the names of organisations."""

    meanings: dict[str, str]
    records: frozenset[str]
    endings: tuple[str, ...]
    organisations: tuple[str, ...]

    def meaning(self, header: str) -> str | None:
        """What the column means; null where the lists do not know the header."""
        return self.meanings.get(plain_header(header))

    def is_record_number(self, header: str) -> bool:
        """Whether the header is that of a record's own number."""
        plain = plain_header(header)
        return plain in self.records or plain.endswith(self.endings)


def plain_header(header: str) -> str:
    """A header as headers are compared."""
    return _SIGNS.sub("", _IN_BRACKETS.sub("", header)).casefold()


@cache
def headings() -> Headings:
    """The shipped lists; where one header stands in several, headings.toml and then the first model has the word."""
    body = tomllib.loads((resources.files("matchers.drafting") / "headings.toml").read_text("utf-8"))
    meanings: dict[str, str] = {}
    for table in (body["meanings"], *map(_aliases, _ALIASED)):
        for meaning, headers in table.items():
            for header in (meaning, *headers):
                meanings.setdefault(plain_header(header), meaning)
    return Headings(
        meanings, frozenset(map(plain_header, body["records"]["headers"])), tuple(body["records"]["endings"]),
        tuple(body["organisations"]["words"]),
    )  # fmt: skip


def _aliases(model: str) -> dict[str, object]:
    """The aliases of a shipped model by column."""
    text = (resources.files("matchers.models") / model).read_text("utf-8")
    aliases: dict[str, object] = tomllib.loads(text)["aliases"]
    return aliases
