"""One cluster per firm over the nodes of a night: sure links joined, short names placed where only one firm fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flows.units.mentions import Node
from matchers.encoding.units import UnitName

_WHOLE_RULES = frozenset(("same_code", "same_legal_name"))


@dataclass(frozen=True)
class LinkedNodes:
    """One pair of nodes as the matcher decided it."""

    left: int
    right: int
    decision: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """Two clusters that may be one firm, and why that is asked."""

    left: int
    right: int
    reason: str


@dataclass
class Clusters:
    """Which cluster each node belongs to, and what is asked of a person."""

    of: list[int]
    doubts: list[Doubt] = field(default_factory=list)

    def members(self) -> dict[int, list[int]]:
        members: dict[int, list[int]] = defaultdict(list)
        for node, cluster in enumerate(self.of):
            members[cluster].append(node)
        return dict(members)


@dataclass(frozen=True)
class NodeJudgements:
    """What persons said of pairs of nodes, newest word only."""

    same: frozenset[tuple[int, int]] = frozenset()
    different: frozenset[tuple[int, int]] = frozenset()
    unsure: frozenset[tuple[int, int]] = frozenset()


@dataclass
class _ClusterNames:
    """What the names of one cluster show together."""

    places: set[tuple[str, str]]
    industries: set[str]
    trades: set[str]
    bare_licence: bool = False
    """A licence without a place: it is no short way to write another firm's name that has one."""
    bare: bool = False
    """A name written out in full, without its place."""
    placed: bool = False
    """One with it."""
    streets: frozenset[str] = frozenset()

    def fits(self, other: _ClusterNames) -> bool:
        """Nothing either shows speaks against the other: places, what the firm does, its trade."""
        places = all(_one_place(a, b) for a in self.places for b in other.places)
        industries = all(_within(a, b) for a in self.industries for b in other.industries)
        one_bare = self.bare_licence or other.bare_licence
        licences = one_bare and self.placed != other.placed
        elsewhere = self.streets and other.streets and not self.streets & other.streets
        # A cluster that is also written with its place (under one code) is known by it.
        if elsewhere and self.placed != other.placed and (self.bare or other.bare):
            return False
        return (
            places
            and industries
            and not licences
            and not (self.trades and other.trades and not self.trades & other.trades)
        )

    def take(self, other: _ClusterNames) -> None:
        self.places |= other.places
        self.industries |= other.industries
        self.trades |= other.trades
        self.bare_licence |= other.bare_licence
        self.bare |= other.bare
        self.placed |= other.placed
        self.streets |= other.streets


def _names_of_node(node: Node) -> _ClusterNames:
    place, trade = (node.name.province, node.name.district), node.trade
    industry, whole, street = node.name.industry, node.name.whole, node.street
    return _ClusterNames(
        {place} if any(place) else set(), {industry} if industry else set(), {trade} if trade else set(),
        bare_licence=whole and node.registered and not any(place), bare=whole and not any(place),
        placed=whole and any(place), streets=frozenset([street] if street else []),
    )  # fmt: skip


def _one_place(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """重庆市澜江区 and 澜江区 are one place; 重庆 alone is wider."""
    wide = one[0] == other[0] or not (one[0] and other[0])
    return wide and one[1] == other[1]


def _within(one: str, other: str) -> bool:
    return any(a.startswith(b) or a.endswith(b) for a, b in ((one, other), (other, one)))


class _Union:
    """Clusters that grow.

    Two that hold two credit codes, a firm and an office or a school, or a pair a person took apart never become one.
    """

    def __init__(self, nodes: list[Node], judgements: NodeJudgements) -> None:
        self.parent = list(range(len(nodes)))
        self.codes = [{node.uscc} - {None} for node in nodes]
        self.bodies = [node.body for node in nodes]
        self.shown = [_names_of_node(node) for node in nodes]
        self.enemies: list[set[int]] = [set() for _ in nodes]
        for left, right in judgements.different:
            self.enemies[left].add(right)
            self.enemies[right].add(left)

    def root(self, node: int) -> int:
        while self.parent[node] != node:
            self.parent[node] = node = self.parent[self.parent[node]]
        return node

    def may_join(self, left: int, right: int) -> bool:
        one, other = self.root(left), self.root(right)
        if one == other:
            return True
        if len(self.codes[one] | self.codes[other]) > 1 or self.bodies[one] != self.bodies[other]:
            return False
        return other not in {self.root(enemy) for enemy in self.enemies[one]}

    def fits(self, left: int, right: int) -> bool:
        """Nothing the two clusters show speaks against one firm."""
        return self.shown[self.root(left)].fits(self.shown[self.root(right)])

    def join(self, left: int, right: int, *, by_person: bool = False) -> bool:
        """Make one cluster of two, the lower number its root. A person's word stands above two codes."""
        one, other = sorted((self.root(left), self.root(right)))
        if one != other and not by_person and not self.may_join(one, other):
            return False
        if one != other:
            self.parent[other] = one
            self.codes[one] |= self.codes[other]
            self.shown[one].take(self.shown[other])
            self.enemies[one] |= self.enemies[other]
        return True


def resolve(nodes: list[Node], links: Iterable[LinkedNodes], judgements: NodeJudgements) -> Clusters:
    """Clusters of nodes.

    A person's word first, then what was one unit before, then names written out in full; a short name joins the one
    firm it fits and no other, in the order of how much it says. What fits several firms waits for a person.
    """
    union, pairs = _Union(nodes, judgements), sorted(links, key=lambda entry: (entry.left, entry.right))
    for left, right in sorted(judgements.same):
        union.join(left, right, by_person=True)
    _join_remembered(nodes, union)
    for pair in pairs:
        if pair.decision == "link" and _is_whole(pair, nodes):
            union.join(pair.left, pair.right)
    doubts = _place_short_names(nodes, union, pairs)
    doubts += [(entry.left, entry.right, entry.reason) for entry in pairs if entry.decision == "review"]
    return Clusters([union.root(node) for node in range(len(nodes))], _doubts_to_ask(union, doubts, judgements, nodes))


def _is_whole(pair: LinkedNodes, nodes: list[Node]) -> bool:
    return pair.rule in _WHOLE_RULES and not (pair.rule != "same_code" and _two_codes_near(pair, nodes))


def _two_codes_near(pair: LinkedNodes, nodes: list[Node]) -> bool:
    """A legal name without a code beside one that has it: which of several codes is not for the name to say."""
    return bool(nodes[pair.left].uscc) != bool(nodes[pair.right].uscc)


def _join_remembered(nodes: list[Node], union: _Union) -> None:
    """Each node with the one that bears its unit's name; a node a person took out of that unit stays alone."""
    of: dict[str, list[int]] = defaultdict(list)
    for number, node in enumerate(nodes):
        counts = node.units
        if counts:
            of[min(counts, key=lambda entry: (-counts[entry], entry))].append(number)
    for numbers in of.values():
        numbers.sort(key=lambda number: (not nodes[number].is_name, number))
        for other in numbers[1:]:
            union.join(numbers[0], other)


def _place_short_names(nodes: list[Node], union: _Union, pairs: list[LinkedNodes]) -> list[tuple[int, int, str]]:
    """Join each node to the one cluster that nodes which say more belong to; the doubts where there are several."""
    partners: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pair in pairs:
        if pair.decision == "link":
            partners[pair.left].append((pair.right, pair.reason))
            partners[pair.right].append((pair.left, pair.reason))
    doubts: list[tuple[int, int, str]] = []
    order = sorted(range(len(nodes)), key=lambda number: (*(-rank for rank in nodes[number].rank), number))
    place = {number: at for at, number in enumerate(order)}
    for number in order:
        if nodes[number].units:
            continue
        earlier = [partner for partner in partners[number]
                   if place[partner[0]] < place[number] or nodes[partner[0]].units]  # fmt: skip
        fitting = _fitting(nodes, union, number, earlier)
        sure = [other for other in fitting if union.fits(number, other)]
        if len(sure) == 1:
            union.join(number, sure[0])
        else:
            remark = "但不止一个单位相符" if len(sure) > 1 else "但地区、行业与该单位的其他写法不合"
            asked = sure or sorted(fitting)
            doubts += [(number, other, f"{fitting[other]}；{remark}") for other in sorted(asked)]
    return doubts


def _fitting(nodes: list[Node], union: _Union, number: int, partners: list[tuple[int, str]]) -> dict[int, str]:
    """Clusters a node may join, with why; those that name its very trade, or its place, go before the others."""
    result: dict[int, str] = {}
    exact: set[int] = set()
    placed: set[int] = set()
    mine = nodes[number].name
    for other, reason in partners:
        if not nodes[other].knows or not union.may_join(number, other) or _two_licences(nodes[number], nodes[other]):
            continue
        result.setdefault(union.root(other), reason)
        if nodes[other].name.industry == mine.industry:
            exact.add(union.root(other))
        if _placed(mine) and (nodes[other].name.province, nodes[other].name.district) == (mine.province, mine.district):
            placed.add(union.root(other))
    result.pop(union.root(number), None)
    for first in (exact, placed):
        result = {root: reason for root, reason in result.items() if root in first} or result
    return result


def _placed(name: UnitName) -> bool:
    return bool(name.province or name.district)


def _two_licences(entry: Node, other: Node) -> bool:
    """A licence without a place is no short way to write another firm's name that has one."""
    if not (entry.name.whole and other.name.whole):
        return False
    bare = [node for node in (entry, other) if not _placed(node.name)]
    return len(bare) == 1 and bare[0].registered


def _doubts_to_ask(
    union: _Union, doubts: list[tuple[int, int, str]], judgements: NodeJudgements, nodes: list[Node]
) -> list[Doubt]:
    """Each two clusters once, without those a person spoke of, or that cannot be one."""
    spoken = {_pair(union, left, right) for left, right in judgements.different | judgements.unsure}
    result: dict[tuple[int, int], Doubt] = {}
    for left, right, reason in doubts:
        pair = _pair(union, left, right)
        if pair[0] == pair[1] or pair in spoken or not union.may_join(*pair):
            continue
        if not (nodes[left].founds or nodes[right].founds):
            continue
        result.setdefault(pair, Doubt(left, right, reason))
    return [result[pair] for pair in sorted(result)]


def _pair(union: _Union, left: int, right: int) -> tuple[int, int]:
    one, other = sorted((union.root(left), union.root(right)))
    return one, other


def judgements_of(
    nodes: list[Node], tokens: Mapping[str, set[int]], words: Mapping[tuple[str, str], str]
) -> NodeJudgements:
    """Persons' words as pairs of nodes. `tokens`: nodes by the token of each of their spellings."""
    by_word: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for (left, right), word in words.items():
        for entry in tokens.get(left, ()):
            by_word[word] |= {
                (min(entry, other), max(entry, other)) for other in tokens.get(right, ()) if other != entry
            }
    return NodeJudgements(*(frozenset(by_word[word]) for word in ("link", "not_link", "unsure")))
