"""u per comparison level: how often non-matching rows agree, from randomly drawn pairs and from term frequencies."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keys, Pairs, Seqs, packed
from matchers.blocking.keys import key_values
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from matchers.training.em import Floats
from matchers.training.pairs import EncodedTables, pairs_by_pattern
from matchers.weighing.chances import ID_PLACES, ValueChances
from matchers.weighing.weights import Learned

_ROWS_CROSSED = 1_000
_ROWS_SAMPLED = 200_000
_PAIRS_FOR_IDS = 20_000
_STIR = np.uint64(0x9E3779B97F4A7C15)
_WITHIN_KEY = {"phone": {"full": "full", "visible": "head3_tail4"}}
"""Levels too rare for pairs drawn: chance of the key that stands for them, among the rows of one unique side."""
_CORRELATED_WITH_NAMES = {"date": ("same", "year"), "category": ("same", "value")}
"""Level and key that strangers of one name share more often than others: a name tells sex and the years it was given
in. Years stand for dates: enough strangers share one."""
_LEAST_CORRELATION = 1.05
_DOUBTED_ROWS = 20
"""One row in so many may stand twice on a side said to be unique; such pairs are no strangers."""


@dataclass(frozen=True)
class Chances:
    """u per column and level; `drawn` marks levels whose u comes from pairs of rows drawn, of which there were so many.

    Among rows drawn are true pairs too: few in large tables, nearly all that agree in small ones.
    """

    levels: dict[str, tuple[str, ...]]
    u: dict[str, Floats]
    drawn: dict[str, npt.NDArray[np.bool_]]
    pairs: float
    name_correlations: dict[tuple[str, str], float]
    """Per column and level how many times likelier it is among strangers of one name; where it is likelier."""

    def name_correlation(self, column: str, level: str) -> float:
        """The correlation factor of a level with the name; 1 where they are independent."""
        return self.name_correlations.get((column, level), 1.0)

    def given_same_name(self, u: dict[str, Floats]) -> dict[str, Floats]:
        """u among non-matching pairs of one name, as nearly all pairs near the threshold are."""
        chances_of = {column: chances.copy() for column, chances in u.items()}
        for (column, level), factor in self.name_correlations.items():
            number = self.levels[column].index(level) + 1
            chances_of[column][number] = min(chances_of[column][number] * factor, 1.0)
        return chances_of

    def without_matches(self, learned: Learned) -> dict[str, Floats]:
        """u with the expected matches taken out of the drawn pairs."""
        share, least = learned.prior, 0.5 / max(self.pairs, 1.0)
        return {
            column: np.where(
                self.drawn[column], np.maximum((u - share * learned.m[column]) / (1 - share), np.minimum(u, least)), u
            )
            for column, u in self.u.items()
        }


def chance_agreements(tables: EncodedTables) -> Chances:
    """u per column and level: from evenly drawn pairs, and for levels too rare among those from term frequencies."""
    con, model, both = tables.con, tables.model, tables.both
    drawn_rows = _drawn(both, _ROWS_CROSSED)
    with ThreadPoolExecutor(max_workers=tables.threads) as pool:
        name_correlations = pool.submit(_name_correlations, con, model, both)
        from_counts = list(
            pool.map(lambda column: _chances_by_frequency(con, model, column, both, drawn_rows), model.comparisons)
        )
    strangers = pairs_by_pattern(tables, _crossed(both, drawn_rows))
    u, drawn = {}, {}
    for (column, levels), chances in zip(model.comparisons.items(), from_counts, strict=True):
        counts = np.bincount(strangers.levels[column], weights=strangers.free, minlength=len(levels) + 1) + 0.5
        u[column] = counts / max(counts[1:].sum(), 1.0)
        u[column][0] = 1.0
        drawn[column] = np.arange(len(levels) + 1) > 0
        for number, chance in chances:
            u[column][number] = max(chance, 1e-12)
            # rows of one table that share a value are true pairs too; what IDs rule out is reckoned from their places
            drawn[column][number] = both.same and model.columns[column] != "resident_id"
        for number, chance in _given(model, column):
            u[column][number], drawn[column][number] = chance, False
    named = {column: tuple(levels) for column, levels in model.comparisons.items()}
    return Chances(named, u, drawn, float(strangers.free.sum()), name_correlations.result())


def _chances_by_frequency(
    con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, both: Both, drawn: tuple[Seqs, Seqs]
) -> list[tuple[int, float]]:
    """One (level number, u) per level of a column whose u comes from term frequencies."""
    with con.cursor() as cursor:
        named = enumerate(model.comparisons[column], start=1)
        chances = [(number, _frequency_chance(cursor, model, column, name, both)) for number, name in named]
        by_frequency = [(number, chance) for number, chance in chances if chance is not None]
        return by_frequency + _chance_of_ids(cursor, model, column, both, drawn)


def _given(model: LinkModel, column: str) -> list[tuple[int, float]]:
    """A number where a term frequency could be counted is the model's choice, and is kept."""
    countable = {*model.kind(column).share_of, *model.kind(column).by_places}
    levels = enumerate(model.comparisons[column].items(), start=1)
    return [(number, level.u) for number, (name, level) in levels if name in countable and isinstance(level.u, float)]


def unrelated_pairs(both: Both, rows: int) -> Pairs:
    """Every pair of so many evenly drawn rows of each side: nearly all are non-matches."""
    return _crossed(both, _drawn(both, rows))


def _drawn(both: Both, rows: int) -> tuple[Seqs, Seqs]:
    left, right = (
        np.arange(0, side.rows, max(1, side.rows // rows), dtype=np.int64)[:rows] for side in (both.left, both.right)
    )
    return left, right


def _crossed(both: Both, drawn: tuple[Seqs, Seqs]) -> Pairs:
    left, right = drawn
    first, second = np.repeat(left, len(right)), np.tile(right, len(left))
    kept = first != second if both.same else np.ones(len(first), bool)
    return packed(first[kept], second[kept])


def _frequency_chance(
    con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, level: str, both: Both
) -> float | None:
    """A level's chance from counts; null where the kind names no key for it, or a side's rows may repeat."""
    form = model.kind(column).share_of.get(level)
    if form is not None and both.same:
        return _chance_within(key_values(con, model, f"{column}.{form}", both.left)[:: _step(both.left)])
    if form is not None:
        sides = (both.left, both.right)
        first, second = (key_values(con, model, f"{column}.{form}", side)[:: _step(side)] for side in sides)
        return _chance_across(first, second)
    within = _WITHIN_KEY.get(model.columns[column], {}).get(level)
    unique = _unique_side(model, both)
    return _chance_within(key_values(con, model, f"{column}.{within}", unique)) if within and unique else None


def _step(side: Side) -> int:
    return max(1, side.rows // _ROWS_SAMPLED)


def _chance_across(left: Keys, right: Keys) -> float:
    """Chance that a left and a right row share a key, half a pair added."""
    (first, counts), (second, others) = (np.unique(keys[keys != 0], return_counts=True) for keys in (left, right))
    _, left_places, right_places = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    shared = float(counts[left_places].astype(np.float64) @ others[right_places].astype(np.float64))
    return (shared + 0.5) / max(float(counts.sum()) * float(others.sum()), 1.0)


def _chance_within(keys: Keys) -> float:
    """Chance that two rows of one side share a key, half a pair added: people who stand there once share none with
    themselves, so no true pair is counted as chance."""
    rows = float(np.count_nonzero(keys))
    return (_pairs_within(keys) + 0.5) / max(rows * (rows - 1) / 2, 1.0)


def _pairs_within(keys: Keys) -> float:
    """Pairs of rows that share a key; 0 is none."""
    counts = np.unique(keys[keys != 0], return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())


def _unique_side(model: LinkModel, both: Both) -> Side | None:
    """A side whose rows are each somebody else; none in one table, whose rows repeat."""
    if both.same:
        return None
    return both.right if "right" in model.unique else both.left if "left" in model.unique else None


def _name_correlations(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> dict[tuple[str, str], float]:
    """How many times likelier two rows of a unique side agree where they bear one name."""
    with con.cursor() as cursor:
        return _name_correlations_in(cursor, model, both)


def _name_correlations_in(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> dict[tuple[str, str], float]:
    names = next((column for column in model.comparisons if model.columns[column] == "person_name"), None)
    unique = _unique_side(model, both)
    if names is None or unique is None:
        return {}
    step = _step(unique)
    bearing = key_values(con, model, f"{names}.key", unique)[::step]
    correlations = {}
    for column in model.comparisons:
        level, form = _CORRELATED_WITH_NAMES.get(model.columns[column], ("", ""))
        if level in model.comparisons[column]:
            factor = _name_correlation(bearing, key_values(con, model, f"{column}.{form}", unique)[::step])
            if factor >= _LEAST_CORRELATION:
                correlations[column, level] = factor
    return correlations


def _name_correlation(names: Keys, keys: Keys) -> float:
    """Pairs that share name and key, divided by those expected if both were independent; shrunk towards 1 where few."""
    both_present = (names != 0) & (keys != 0)
    names, keys = names[both_present], keys[both_present]
    doubted = len(names) / _DOUBTED_ROWS
    expected = _pairs_within(names) * _chance_within(keys)
    shared = _pairs_within((names * _STIR) ^ keys)
    return float(f"{(shared + doubted) / max(expected + doubted, 1.0):.3g}")


def _chance_of_ids(
    con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, both: Both, drawn: tuple[Seqs, Seqs]
) -> list[tuple[int, float]]:
    """Full, visible and near agreement of IDs by level number: from the places shown and how regions are spread; none
    where the column has no IDs."""
    if model.columns[column] != "resident_id":
        return []
    turn = np.arange(_PAIRS_FOR_IDS)
    left, right = drawn[0][turn % len(drawn[0])], drawn[1][(turn * 7 + turn // len(drawn[0]) * 37) % len(drawn[1])]
    kinds = both.left.columns[f"{column}_kind"][left], both.right.columns[f"{column}_kind"][right]
    have_id = (kinds[0] > 0) & (kinds[1] > 0)
    first, second = kinds[0][have_id], kinds[1][have_id]
    if not len(first):
        return []
    chance = ValueChances(con, model, both).id_chances(column, left[have_id], right[have_id])
    full, masked = (first == 1) & (second == 1), np.minimum(first, second) + np.maximum(first, second) == 3
    wrong = float(((first == 3) | (second == 3)).mean())
    local = _local_chance(con, model, column, both)
    alike = chance[full] if local is None else np.array([local])
    chances = {"full": chance[full], "visible": chance[masked], "near": alike * _near_ids() * max(wrong, 1e-4)}
    levels = list(model.comparisons[column])
    return [(levels.index(n) + 1, float(c.mean())) for n, c in chances.items() if n in levels and len(c)]


def _local_chance(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, both: Both) -> float | None:
    """Chance that two people of these tables bear one ID, from how many share region and birth date; null where too
    few do to tell. In one town IDs stand closer together than in the country, and one is sooner a slip from another."""
    unique = _unique_side(model, both)
    if unique is None:
        return None
    regions, births = (key_values(con, model, f"{column}.{form}", unique) for form in ("head6", "birth"))
    region_and_birth = np.where((regions != 0) & (births != 0), (regions * _STIR) ^ births, np.uint64(0))
    shared, rows = _pairs_within(region_and_birth), float(np.count_nonzero(region_and_birth))
    if shared <= rows / _DOUBTED_ROWS:
        return None
    return shared / (rows * (rows - 1) / 2) * math.prod(ID_PLACES[8:])


def _near_ids() -> float:
    """How many times likelier two people's IDs differ in one or two of places 7 to 18 than in none."""
    odds = np.array([(1 - chance) / chance for chance in ID_PLACES])
    return float(odds.sum() + (odds.sum() ** 2 - (odds**2).sum()) / 2)
