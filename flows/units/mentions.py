"""One mention per spelling and credit code of a night, and one node per firm that spellings may name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from matchers.encoding.units import UnitName, clean_unit, parse_unit
from schemas.trades import UnitScope

_COMPANIES = frozenset(("limited", "shares", "company"))
_OUTSIDE = re.compile(r"\([^()]*\)")
_MANY_NAMES = 3
"""A credit code on so many 字号 was copied down a column: it says nothing."""


@dataclass(frozen=True)
class Mention:
    """One spelling with its credit code: where it stands, and whether it may found a unit of its own."""

    text: str
    uscc: str | None = None
    street: str | None = None
    trade: str | None = None
    rows: int = 1
    registered: bool = False
    founds: bool = True
    unit: str | None = None
    """The unit it named before."""
    is_name: bool = False
    """It is what that unit is called."""

    @cached_property
    def plain(self) -> str:
        """The spelling, cleaned."""
        return clean_unit(self.text)


@dataclass(frozen=True)
class Vocabulary:
    """What is known before a name is taken apart: brands with their other names, the district's own places."""

    brands: Mapping[str, str] = field(default_factory=dict)
    """Brand by each of its names, itself included."""
    districts: frozenset[str] = frozenset()
    bodies: UnitScope = field(default_factory=UnitScope)
    """Units that are no firm, by their names."""

    @cached_property
    def firms(self) -> frozenset[str]:
        """Names that stand for a firm by themselves."""
        return frozenset(self.brands)

    def parts(self, text: str) -> UnitName:
        """The parts of a name, read with these words."""
        return parse_unit(text, self.firms, self.districts)

    def body_kind(self, text: str) -> str | None:
        """机关, 事业单位 …, where a name is such a body's; none where it says a company's form."""
        return None if self.parts(text).form in _COMPANIES else self.bodies.kind_of(_OUTSIDE.sub("", clean_unit(text)))


@dataclass
class Node:
    """One firm as its parts and its code show it, with the mentions that show it.

    What they show together is asked when all of them are in, and worked out once.
    """

    name: UnitName
    uscc: str | None
    brand: str | None = None
    body: str | None = None
    """机关, 事业单位 …: what is no firm is nobody's short name."""
    mentions: list[tuple[Mention, UnitName]] = field(default_factory=list)

    @cached_property
    def rank(self) -> tuple[int, int]:
        """How much the name says by itself: short names are placed after those they may be short for."""
        name = self.name
        shown = 2 if name.whole else 1 if name.form or name.industry else 0
        placed = int(bool(name.province or name.district))
        return (4 + placed if self.uscc else shown * 2 - 1 + placed if shown else 0, len(name.industry))

    @cached_property
    def founds(self) -> bool:
        return any(mention.founds for mention, _ in self.mentions)

    @cached_property
    def knows(self) -> bool:
        """Short names may be placed beside it: it may be a unit by itself, or is a licence."""
        return self.founds or self.registered

    @cached_property
    def registered(self) -> bool:
        """The market register writes the name so."""
        return any(mention.registered for mention, _ in self.mentions)

    @cached_property
    def units(self) -> Counter[str]:
        """Units its mentions named before, by how many."""
        return Counter(mention.unit for mention, _ in self.mentions if mention.unit)

    @cached_property
    def is_name(self) -> bool:
        return any(mention.is_name for mention, _ in self.mentions)

    @cached_property
    def street(self) -> str | None:
        """The street that most rows show."""
        return _usual((mention.street, mention.rows) for mention, _ in self.mentions)

    @cached_property
    def trade(self) -> str | None:
        """The trade that most rows show."""
        return _usual((mention.trade, mention.rows) for mention, _ in self.mentions)

    def texts(self) -> set[str]:
        return {mention.plain for mention, _ in self.mentions}


def _usual(shown: Iterable[tuple[str | None, int]]) -> str | None:
    counts: Counter[str] = Counter()
    for value, rows in shown:
        if value:
            counts[value] += rows
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


def nodes_of(mentions: Iterable[Mention], words: Vocabulary, apart: frozenset[str] = frozenset()) -> list[Node]:
    """Nodes in a fixed order; what names no firm (石栈北站, 无) makes none.

    `apart`: cleaned spellings a person took out of their unit, each a node by itself.
    """
    parsed = _parsed(sorted(mentions, key=lambda entry: (entry.text, entry.uscc or "")), words)
    codes = _sound_codes(parsed)
    nodes: dict[tuple[UnitName, str | None, str, str], Node] = {}
    for mention, name in parsed:
        if not name.core:
            continue
        code = mention.uscc if mention.uscc in codes and not name.branch else None
        alone = mention.plain if mention.plain in apart else ""
        # A short name with two trades may be two firms' (瑞诚物流): whether it is one, is decided between its nodes.
        trade = "" if name.whole or code or name.core in words.brands else mention.trade or ""
        key = (name.firm, code, alone, trade)
        if key not in nodes:
            body = words.body_kind(name.written or mention.text)
            nodes[key] = Node(name.firm, code, words.brands.get(name.core), body)
        node = nodes[key]
        node.mentions.append((mention, name))
    return list(nodes.values())


def _parsed(mentions: list[Mention], words: Vocabulary) -> list[tuple[Mention, UnitName]]:
    """Each mention with its parts; a second look knows the 字号 of the names that are written out."""
    first = [(mention, words.parts(mention.text)) for mention in mentions]
    cores = words.firms | {name.core for _, name in first if name.whole and len(name.core) > 1}
    return [
        (entry, _branded(name if name.whole else parse_unit(entry.text, cores, words.districts), words))
        for entry, name in first
    ]


def _branded(name: UnitName, words: Vocabulary) -> UnitName:
    """A brand by its name alone, or with its trade behind it (美团外卖), is the brand."""
    brand = words.brands.get(name.core) or words.brands.get(name.core + name.industry)
    if not brand or name.form or name.province or name.district:
        return name
    return UnitName(core=brand, branch=name.branch, branch_kind=name.branch_kind, written=brand)


def _sound_codes(parsed: list[tuple[Mention, UnitName]]) -> frozenset[str]:
    cores: dict[str, set[str]] = defaultdict(set)
    for mention, name in parsed:
        if mention.uscc:
            cores[mention.uscc].add(name.core)
    return frozenset(code for code, names in cores.items() if len(names) < _MANY_NAMES)
