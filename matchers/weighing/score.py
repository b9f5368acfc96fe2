"""One fused pass over candidate pairs: levels and match weight, comparison by comparison, with pruning."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs, unpacked
from matchers.blocking.tiles import Tile, tiled
from matchers.encoding.slices import slices
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Sides
from matchers.sides.spool import Spool
from matchers.sides.spooled_column import array_content
from matchers.weighing.chances import RAREST_ID, ValueChances, id_levels, term_frequency_levels
from matchers.weighing.levels import Comparison, comparison, levels_of_pairs, radixes
from matchers.weighing.weights import Learned

Floats = npt.NDArray[np.float64]
_PAIRS_AT_ONCE, _LEAST_AT_ONCE = 100_000, 20_000


@dataclass(frozen=True)
class Scored:
    """One entry per pair: its pattern of comparison levels and its match weight in bits."""

    pairs: Pairs
    patterns: npt.NDArray[np.uint64]
    bits: Floats

    def where(self, kept: npt.NDArray[np.bool_]) -> Scored:
        """Some of them."""
        return Scored(self.pairs[kept], self.patterns[kept], self.bits[kept])


@dataclass(frozen=True)
class WeighedComparison:
    """One comparison with its weights. `bits`: without term-frequency adjustment; `most`: with the rarest value.

    `bounds`: per pattern of the levels compared up to this column, the bits a pair must have reached by then.
    """

    column: str
    compared: Comparison
    radix: int
    bits: Floats
    most: Floats
    bounds: Floats


@dataclass(frozen=True)
class Weighing:
    """What one pass needs: comparisons in the order that prunes most pairs soonest, and the prior in bits."""

    comparisons: tuple[WeighedComparison, ...]
    prior: float


def given_weights(model: LinkModel, sides: Sides) -> Learned:
    """The model's own m and u per column and level, for a run without training; term frequencies are counted anyway."""
    m = {
        c: np.array([1.0, *(level.effective_m for level in levels.values())]) for c, levels in model.comparisons.items()
    }
    u = {
        c: np.array([1.0, *(level.u if isinstance(level.u, float) else 1e-6 for level in levels.values())])
        for c, levels in model.comparisons.items()
    }
    prior = model.prior * sides.left / sides.pairs if sides.pairs else model.prior
    return Learned(m, u, prior, 0, True)


def log_odds(probability: float) -> float:
    """The log odds (base 2) of a probability, in bits."""
    return math.log2(probability / (1 - probability))


def weighing_of(con: duckdb.DuckDBPyConnection, model: LinkModel, learned: Learned, both: Both) -> Weighing:
    """The weights, order and bounds of one pass over the pairs of these tables."""
    return weighing_by(model, learned, ValueChances(con, model, both))


def weighing_by(model: LinkModel, learned: Learned, chances: ValueChances) -> Weighing:
    """The weights, order and bounds of one pass, from term frequencies counted before."""
    weights = {column: _bits(model, learned, chances, column) for column in model.comparisons}
    discrimination = {column: expected_loss(model, learned, column) for column in model.comparisons}
    order = sorted(model.comparisons, key=lambda column: -discrimination[column])
    return weighing_in(model, order, weights, log_odds(learned.prior), np.array(log_odds(model.review_probability)))


def weighing_in(
    model: LinkModel, order: list[str], weights: dict[str, tuple[Floats, Floats]], prior: float, least: Floats
) -> Weighing:
    """The comparisons in the order of pruning. `weights`: bits per level, and their maximum; `least`: the bits below
    which a pair is pruned, one figure for all patterns or an axis per comparison of the model."""
    radix = radixes(model)
    bounds = _bounds([weights[column][1] for column in order], _in_order(model, order, least))
    return Weighing(
        tuple(
            WeighedComparison(column, comparison(model, column), radix[column], *weights[column], bound)
            for column, bound in zip(order, bounds, strict=True)
        ),
        prior,
    )


def _in_order(model: LinkModel, order: list[str], least: Floats) -> Floats:
    return least.transpose([list(model.comparisons).index(column) for column in order]) if least.ndim else least


def _bounds(most: list[Floats], least: Floats) -> list[Floats]:
    """After each comparison, per pattern so far the bits below which no pair of it can matter any more.

    Each bound is the smallest, over the levels that may follow, of what must be reached less what they can add. Flat,
    with the first comparison's level running fastest; of one entry where every pattern has the same bound.
    """
    bounds: list[Floats] = []
    for place in reversed(range(len(most))):
        bounds.append(least.ravel(order="F") if least.ndim else least.reshape(1))
        least = (least - most[place]).min(axis=-1) if least.ndim else least - most[place].max()
    return bounds[::-1]


def _bits(model: LinkModel, learned: Learned, chances: ValueChances, column: str) -> tuple[Floats, Floats]:
    """Bits per level without term-frequency adjustment, and with the rarest value."""
    bits = np.log2(learned.m[column] / learned.u[column])
    most = bits.copy()
    rarest = {n: chances.rarest(c, form) for c, n, form in term_frequency_levels(model) if c == column}
    rarest |= {n: RAREST_ID for c, n in id_levels(model) if c == column}
    for number, share in rarest.items():
        bits[number] = np.log2(learned.m[column][number])
        most[number] = bits[number] - math.log2(share)
    bits[0] = most[0] = 0.0
    return bits, most


def expected_loss(model: LinkModel, learned: Learned, column: str) -> float:
    """Expected match weight lost by a non-matching pair, weighted by u; comparisons are applied in this order."""
    last = slice(1, None)
    u = np.minimum(learned.u[column][last], 1.0)
    return float(np.sum(u * np.log2(u / learned.m[column][last])) / max(u.sum(), 1e-9))


def unpruned(
    con: duckdb.DuckDBPyConnection, weighing: Weighing, both: Both, batches: Iterable[Pairs], *, threads: int = 2
) -> Scored:
    """Pairs that are not pruned even if every value they agree on were the rarest; sorted, each pair once.

    `bits` are those without term-frequency adjustment.
    """

    def weighed(sides: Both, pairs: Pairs) -> Scored:
        with con.cursor() as cursor:
            return _weighed(cursor, weighing, sides, pairs)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        parts = [part for tile in tiled(both, batches) for part in _of_tile(both.spool, tile, weighed, pool, threads)]
    if not parts:
        return Scored(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0))
    pairs, firsts = np.unique(np.concatenate([part.pairs for part in parts]), return_index=True)
    patterns = np.concatenate([part.patterns for part in parts])[firsts]
    return Scored(pairs, patterns, np.concatenate([part.bits for part in parts])[firsts])


def _of_tile(
    spool: Spool | None, tile: Tile, weighed: Callable[[Both, Pairs], Scored], pool: ThreadPoolExecutor, threads: int
) -> list[Scored]:
    """What is left of one tile's pairs, numbered as in the whole tables; from a killed command's work where it had."""
    done = spool.noted(tile.name) if spool is not None and tile.name else None
    if spool is not None and done is not None:
        file = spool.reopened(done)
        pairs, patterns = (np.frombuffer(file.get(place), np.uint64) for place in (0, 1))
        return [Scored(pairs, patterns, np.frombuffer(file.get(2), np.float64))]
    opened = tile.opened()
    scores = [
        Scored(opened.in_tables(scored.pairs), scored.patterns, scored.bits)
        for batch in opened.batches
        for scored in pool.map(
            partial(weighed, opened.both), (batch[part] for part in slices(len(batch), _at_once(len(batch), threads)))
        )
    ]
    if spool is not None and tile.name:
        file = spool.file()
        for name in ("pairs", "patterns", "bits"):
            file.put(array_content(np.concatenate([getattr(part, name) for part in scores])))
        spool.note(tile.name, file.note())
    return scores


def _at_once(pairs: int, threads: int) -> int:
    """How many pairs a thread takes at a time: few enough that none waits long for another at the end."""
    return min(max(pairs // (2 * threads) + 1, _LEAST_AT_ONCE), _PAIRS_AT_ONCE)


def _weighed(con: duckdb.DuckDBPyConnection, weighing: Weighing, both: Both, pairs: Pairs) -> Scored:
    left, right = unpacked(pairs)
    patterns, bits = np.zeros(len(pairs), np.uint64), np.full(len(pairs), weighing.prior)
    most, place, size = bits.copy(), np.zeros(len(pairs), np.int64), 1
    for scored_column in weighing.comparisons:
        level = levels_of_pairs(con, scored_column.compared, both, (left, right))
        patterns += level.astype(np.uint64) * np.uint64(scored_column.radix)
        bits += scored_column.bits[level]
        most += scored_column.most[level]
        place += level * np.int64(size)
        size *= len(scored_column.most)
        kept = most >= (scored_column.bounds[place] if len(scored_column.bounds) > 1 else scored_column.bounds[0])
        if not kept.all():
            left, right, pairs, place = left[kept], right[kept], pairs[kept], place[kept]
            patterns, bits, most = patterns[kept], bits[kept], most[kept]
    return Scored(pairs, patterns, bits)


def score_pairs(
    con: duckdb.DuckDBPyConnection,
    model: LinkModel,
    learned: Learned,
    both: Both,
    batches: Iterable[Pairs],
    *,
    threads: int = 2,
) -> Scored:
    """Pairs that reach the review threshold, sorted; weights with the chance of each value they agree on.

    In deduplication the pairs that link are scored first, so that a row's own duplicates do not count in a value's
    frequency.
    """
    chances = ValueChances(con, model, both)
    weighing = weighing_by(model, learned, chances)
    scored = unpruned(con, weighing, both, batches, threads=threads)
    bits = scored.bits + chances.bits(scored.pairs, scored.patterns, threads=threads)
    if both.same:
        linked = bits >= log_odds(model.link_probability)
        bits = scored.bits + chances.after(scored.pairs[linked]).bits(scored.pairs, scored.patterns, threads=threads)
    return Scored(scored.pairs, scored.patterns, bits).where(bits >= log_odds(model.review_probability))
