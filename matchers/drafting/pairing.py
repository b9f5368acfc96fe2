"""Which column of the left table stands beside which of the right, and as what they are compared.

By header, then by what the headers mean, then by what the cells hold: one column of a kind on either side, or values
that both tables have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matchers.drafting.headings import plain_header
from matchers.drafting.recognising import Recognised
from matchers.encoding.text import plain_text

_SHARED_VALUES, _WRITINGS_OF_SEX = 0.2, 2
_PLAIN = ("text", "category", "organisation_name", "token_set", "number", "event_date")
_WIDER = {
    frozenset({"date", "partial_date"}): "partial_date",
    frozenset({"phone", "phones"}): "phones",
    frozenset({"date", "event_date"}): "date",
    frozenset({"partial_date", "event_date"}): "partial_date",
    frozenset({"text", "category"}): "text",
    frozenset({"text", "token_set"}): "token_set",
    frozenset({"text", "number"}): "text",
    frozenset({"category", "number"}): "number",
    frozenset({"text", "organisation_name"}): "organisation_name",
    frozenset({"category", "organisation_name"}): "organisation_name",
    frozenset({"text", "person_name"}): "text",
    frozenset({"category", "sex"}): "category",
}
_NO_PARTNER = "另一张表没有对应的列"
_OTHER_CONTENTS = "另一张表也有这样的表头，但写的不是一回事，或没有一个相同的值"


@dataclass(frozen=True)
class Paired:
    """One thing to compare: the left and the right column (of one table the same), the kind of both, and why."""

    left: Recognised
    right: Recognised
    kind: str
    because: str


@dataclass(frozen=True)
class Aside:
    """One column that is not compared, and why."""

    header: str
    because: str
    is_record_number: bool = False


@dataclass(frozen=True)
class Pairing:
    """The columns compared, in the left table's order, and what each table's other columns are left aside for."""

    paired: tuple[Paired, ...]
    left_aside: tuple[Aside, ...]
    right_aside: tuple[Aside, ...]


def within_table(columns: tuple[Recognised, ...]) -> Pairing:
    """One table held against itself: every column beside itself."""
    paired = tuple(
        Paired(column, column, kind, column.because)
        for column in columns
        if (kind := _kind_of_both(column, column)) is not None
    )
    return Pairing(paired, tuple(_aside(columns, [], None)), ())


def between(left: tuple[Recognised, ...], right: tuple[Recognised, ...]) -> Pairing:
    """Two tables: columns with one header, of one meaning, of one kind that stands once on either side, of one set of
    values."""
    pairs: list[Paired] = []
    for match, because in (
        (_same_header, "表头相同"), (_same_meaning, "表头意思相同"),
        (_only_of_kind(left, right), "两表各只有一列这样的"), (_same_values, "两表的值相同的多"),
    ):  # fmt: skip
        for column in _open(left, [pair.left for pair in pairs]):
            beside = [other for other in _open(right, [pair.right for pair in pairs]) if match(column, other)]
            for other in beside[:1]:
                if (kind := _kind_of_both(column, other)) is not None:
                    pairs.append(Paired(column, other, kind, because))
    order = {id(column): at for at, column in enumerate(left)}
    pairs.sort(key=lambda pair: order[id(pair.left)])
    return Pairing(
        tuple(pairs), tuple(_aside(left, [pair.left for pair in pairs], right)),
        tuple(_aside(right, [pair.right for pair in pairs], left)),
    )  # fmt: skip


def _open(columns: Iterable[Recognised], taken: list[Recognised]) -> list[Recognised]:
    return [column for column in columns if column.kind is not None and not any(column is other for other in taken)]


def _same_header(left: Recognised, right: Recognised) -> bool:
    return plain_header(left.column.header) == plain_header(right.column.header)


def _same_meaning(left: Recognised, right: Recognised) -> bool:
    return left.meaning is not None and left.meaning == right.meaning


def _only_of_kind(
    left: tuple[Recognised, ...], right: tuple[Recognised, ...]
) -> Callable[[Recognised, Recognised], bool]:
    """One column of its kind on either side, where the kind says what it is."""
    counts = [Counter(column.kind for column in columns) for columns in (left, right)]

    def only(left: Recognised, right: Recognised) -> bool:
        same_kind = left.kind == right.kind and left.kind not in _PLAIN
        return same_kind and all(count[left.kind] == 1 for count in counts)

    return only


def _same_values(left: Recognised, right: Recognised) -> bool:
    """A fair share of the different values of the column with fewer stands in the other too."""
    first, second = set(left.column.counts), set(right.column.counts)
    return len(first & second) >= _SHARED_VALUES * min(len(first), len(second))


def _kind_of_both(left: Recognised, right: Recognised) -> str | None:
    """The kind that reads both; null where they hold different things, or few values none of which both have."""
    if left.kind is None or right.kind is None:
        return None
    if "category" in (left.kind, right.kind) and not set(_plain_values(left)) & set(_plain_values(right)):
        return None
    if left.kind == right.kind == "sex":  # written alike it is a category, which an ID's own sex stands beside
        return "category" if len({*_plain_values(left), *_plain_values(right)}) == _WRITINGS_OF_SEX else "sex"
    if left.kind == right.kind:
        return left.kind
    return _WIDER.get(frozenset({left.kind, right.kind}))


def _plain_values(left: Recognised) -> Iterable[str]:
    return map(plain_text, left.column.counts)


def _aside(
    columns: tuple[Recognised, ...], taken: list[Recognised], others: tuple[Recognised, ...] | None
) -> Iterable[Aside]:
    """Columns that are not compared; `others`: the other table's, null where there is one table only."""
    for column in columns:
        if column.kind is None:
            yield Aside(column.column.header, column.because, column.is_record_number)
        elif others is not None and not any(column is other for other in taken):
            alike = [other for other in others if _same_header(column, other) or _same_meaning(column, other)]
            unused = next((f"另一张表的这一列没有用：{other.because}" for other in alike if other.kind is None), "")
            yield Aside(column.column.header, unused or (_OTHER_CONTENTS if alike else _NO_PARTNER))
