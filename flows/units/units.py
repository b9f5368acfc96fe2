"""One unit per firm, branch and station, with its key: the same key night after night."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from flows.units.mentions import Mention, Node
from flows.units.resolve import Clusters
from matchers.encoding.units import UnitName, clean_unit

HEAD, PARTNER, GUILD = "总部", "合作商", "直播公会"
_BESIDE_HAN = re.compile(r"(?<=[\u3400-\u9fff()（）])\s+|\s+(?=[\u3400-\u9fff()（）])")
Spelling = tuple[str, str | None]
"""A spelling, cleaned, and the credit code beside it."""


@dataclass(frozen=True)
class Unit:
    """One unit of the register."""

    unit_key: str
    name: str
    kind: str
    credit_code: str | None = None
    parent: str | None = None
    branch: str | None = None
    """What tells it from its parent's other branches, or a station without a firm from others."""
    brand: str | None = None
    street: str | None = None
    trade: str | None = None
    since: str = ""
    last_seen: str = ""
    said_by: str | None = None
    """Who joined or parted its spellings; none where the machine alone did."""
    spellings: tuple[Spelling, ...] = ()

    @cached_property
    def plain(self) -> str:
        """Its name, cleaned as spellings are."""
        return clean_unit(self.name)


@dataclass
class UnitRegister:
    """Units by key, and what was decided of spellings.

    A spelling that holds a person's name (a self-employed person's shop) is kept as `token` makes it, never in clear.
    """

    units: dict[str, Unit] = field(default_factory=dict)
    token: Callable[[str], str] = str

    def __post_init__(self) -> None:
        firms = [unit for unit in self.units.values() if unit.branch is None]
        self.spellings = {spelling: unit.unit_key for unit in firms for spelling in unit.spellings}
        self._branches = {
            (unit.parent, unit.branch): unit.unit_key for unit in self.units.values() if unit.branch is not None
        }
        self._hides = any(is_hidden(text) for text, _ in self.spellings) or any(
            is_hidden(branch) for _, branch in self._branches
        )

    def firm(self, text: str, uscc: str | None) -> str | None:
        """The firm that a cleaned spelling named."""
        result = self.spellings.get((text, uscc))
        return result or (self.spellings.get((self.token(text), uscc)) if self._hides else None)

    def branch(self, parent: str | None, branch: str) -> str | None:
        """The branch or station of a parent (none: one without a firm)."""
        result = self._branches.get((parent, branch))
        return result or (self._branches.get((parent, self.token(branch))) if self._hides else None)


def is_hidden(text: str) -> bool:
    """Whether a spelling is kept as a token."""
    return text.startswith("#")


class Minting:
    """Keys for units nobody has seen: made from their first name under the district's key, so that runs repeat."""

    def __init__(self, token: Callable[[str], str], taken: Iterable[str]) -> None:
        self._token, self._taken = token, set(taken)

    def mint(self, name: str) -> str:
        """A key of its own."""
        turn = 0
        while (key := "U" + self._token(f"{name}|{turn}" if turn else name)[:12]) in self._taken:
            turn += 1
        self._taken.add(key)
        return key


def firms_of(nodes: list[Node], clusters: Clusters, before: UnitRegister, minting: Minting) -> dict[int, Unit]:
    """The unit of every cluster that may be one by itself."""
    members = clusters.members()
    old = {cluster: _old_units([nodes[at] for at in result]) for cluster, result in members.items()}
    keys = _claimed(old)
    units: dict[int, Unit] = {}
    for cluster in sorted(members):
        mine = [nodes[at] for at in members[cluster]]
        if not any(node.founds for node in mine):
            continue
        name, code = _name_of(mine), next((node.uscc for node in mine if node.uscc), None)
        known = before.units.get(keys.get(cluster, ""))
        seen = any(mention.rows for node in mine for mention, _ in node.mentions)
        key = known.unit_key if known else minting.mint(f"{name}|{code or ''}")
        fresh = Unit(
            key, name, _kind(mine), code, brand=_brand(mine), street=_most(mine, "street"), trade=_most(mine, "trade"),
            spellings=tuple(sorted({(m.plain, m.uscc) for node in mine for m, _ in node.mentions},
                                   key=lambda entry: (entry[0], entry[1] or ""))),
        )  # fmt: skip
        units[cluster] = _kept(fresh, known, seen=seen)
    return units


def _old_units(nodes: list[Node]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for node in nodes:
        counts.update(node.units)
    return counts


def _claimed(old: Mapping[int, Counter[str]]) -> dict[int, str]:
    """Each earlier key goes to the cluster that holds most of its spellings; a cluster takes its strongest claim."""
    claims = sorted(
        ((-count, key, cluster) for cluster, counts in old.items() for key, count in counts.items()),
    )
    keys: dict[int, str] = {}
    given: set[str] = set()
    for _, key, cluster in claims:
        if cluster not in keys and key not in given:
            keys[cluster] = key
            given.add(key)
    return keys


def _kept(fresh: Unit, previous: Unit | None, *, seen: bool) -> Unit:
    """What an earlier night knew and tonight's rows do not show stays; who was seen tonight is dated later."""
    if previous is None:
        return fresh
    return replace(
        fresh, credit_code=fresh.credit_code or previous.credit_code, street=fresh.street or previous.street,
        trade=fresh.trade or previous.trade, brand=fresh.brand or previous.brand, since=previous.since,
        last_seen="" if seen else previous.last_seen, said_by=previous.said_by,
    )  # fmt: skip


def _name_of(nodes: list[Node]) -> str:
    """The name of the licence, else the fullest one, else the one most rows write."""
    mention, name = min((mention for node in nodes for mention in node.mentions), key=lambda entry: _fullness(*entry))
    return (name.written if name.branch else _BESIDE_HAN.sub("", " ".join(mention.text.split()))) or mention.text


def _fullness(mention: Mention, name: UnitName) -> tuple[int | bool | str, ...]:
    """Smaller for what a register would rather call the unit."""
    shown = (mention.registered and not name.branch, bool(mention.uscc) and name.whole, name.whole)
    placed = bool(name.province or name.district)
    return (
        *(not entry for entry in (*shown, placed)),
        -len(name.industry),
        bool(name.branch),
        -mention.rows,
        mention.text,
    )


def _kind(nodes: list[Node]) -> str:
    """What is no firm is told by its name; a brand by itself is a head office."""
    if body := next((node.body for node in nodes if node.body), None):
        return body
    if all(not node.name.form and not node.name.industry for node in nodes) and _brand(nodes):
        return HEAD
    return GUILD if "直播" in "".join(node.name.industry for node in nodes) else PARTNER


def _brand(nodes: list[Node]) -> str | None:
    return next((node.brand for node in nodes if node.brand), None)


def _most(nodes: list[Node], what: str) -> str | None:
    counts: Counter[str] = Counter()
    for node in nodes:
        for mention, _ in node.mentions:
            if value := getattr(mention, what):
                counts[value] += max(mention.rows, 1)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None
