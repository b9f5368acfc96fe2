"""A shard's pairs before and after the values they agree on are counted over both tables: first those that can matter,
then those that do, with their match weights."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.blocking.blocks import Pairs, distinct, packed, unpacked
from matchers.blocking.keys import finding_rules, key_values
from matchers.deciding.judged_pairs import whatever_weight
from matchers.deciding.owners import ValueOwners, value_owners
from matchers.deciding.settling import Codes, Judgement, unique_key_of_cluster
from matchers.deciding.tier_scores import tier_weighing, weigh_by_tiers
from matchers.deciding.tiers import Keep
from matchers.engines.spark.columns import joined_columns
from matchers.engines.spark.counting import SHOWN, CountsLookedUp, Recorded, look_up_counts
from matchers.engines.spark.pieces import ID
from matchers.engines.spark.setting import Setting, working
from matchers.engines.spark.travel import Message
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from matchers.weighing.chances import ValueChances
from matchers.weighing.population import PopulationChances
from matchers.weighing.score import Scored, given_weights, log_odds, unpruned, weighing_by
from matchers.weighing.scored import ScoredPairs

PAIRS = 0
ROW = ""
"""The rows' numbers travel beside their columns under a name no column has."""
SCORED = pa.schema([
    ("place", pa.int64()), ("la", pa.int64()), ("ra", pa.int64()), ("pattern", pa.int64()),
    ("match_weight", pa.float64()), ("rules", pa.int64()), ("left_id", pa.string()), ("right_id", pa.string()),
    ("names", pa.int64()), ("persons", pa.int64()), ("left_value", pa.int64()), ("right_value", pa.int64()),
    ("judged", pa.int64()),
])  # fmt: skip
DDL = (
    "place bigint, la bigint, ra bigint, pattern bigint, match_weight double, rules bigint, left_id string, "
    "right_id string, names bigint, persons bigint, left_value bigint, right_value bigint, judged bigint"
)
"""The same as Spark declares it. Patterns, rules and values are bits of 64. `place`: where all pairs of a row of the
unique side meet; `names`, `persons`: owners of a shared value; values: of which rows that are one show one only."""


def pruned(
    con: duckdb.DuckDBPyConnection, setting: Setting, both: Both, batches: Iterable[Pairs], confirmed: Pairs,
    recorded: Recorded,
) -> Scored:  # fmt: skip
    """Pairs that can matter, and those a person judged to be one, whatever they weigh; what they agree on is asked for.

    `bits` are those without what is counted per value.
    """
    if setting.model.evidence_tiers:
        return _pruned_by_tiers(con, setting, both, batches, confirmed, recorded)
    chances = ValueChances(con, setting.model, both, counts=recorded)
    found = _by_weight(con, setting, setting.model, both, batches, chances)
    if len(confirmed):
        found = _beside(found, _by_weight(con, setting, whatever_weight(setting.model), both, [confirmed], chances))
    chances.bits(found.pairs, found.patterns, threads=1)
    return found


def _by_weight(
    con: duckdb.DuckDBPyConnection, setting: Setting, model: LinkModel, both: Both, batches: Iterable[Pairs],
    chances: ValueChances,
) -> Scored:  # fmt: skip
    return unpruned(con, weighing_by(model, given_weights(model, setting.sides), chances), both, batches, threads=1)


def _pruned_by_tiers(
    con: duckdb.DuckDBPyConnection, setting: Setting, both: Both, batches: Iterable[Pairs], confirmed: Pairs,
    recorded: Recorded,
) -> Scored:  # fmt: skip
    model, prior = setting.model, setting.prior_bits
    chances = PopulationChances(con, model, both, bearers=recorded)

    def kept(keep: Keep, pairs: Iterable[Pairs]) -> Scored:
        return unpruned(con, tier_weighing(model, setting.sides, chances, prior, keep), both, pairs, threads=1)

    found = kept(Keep.DECIDED, batches)
    rules = finding_rules(con, model, both, unpacked(found.pairs))
    found = found.where(np.logical_or.reduce(list(rules.values())))
    found = _beside(found, kept(Keep.ALL, [distinct(confirmed)])) if len(confirmed) else found
    weigh_by_tiers(model, chances, prior, found, Keep.ALL)
    value_owners(con, model, both, found.pairs, found.patterns, recorded)
    return found


def _beside(found: Scored, confirmed: Scored) -> Scored:
    """Both, each pair once, sorted."""
    pairs, firsts = np.unique(np.concatenate([found.pairs, confirmed.pairs]), return_index=True)
    patterns, bits = (
        np.concatenate([getattr(found, name), getattr(confirmed, name)])[firsts] for name in ("patterns", "bits")
    )
    return Scored(pairs, patterns, bits)


def weighed(setting: Setting, messages: list[Message]) -> pa.Table:
    """One row per pair of a shard that matters once its values are counted."""
    found = [one for one in messages if one.kind == PAIRS]
    if not found:
        return SCORED.empty_table()
    own, columns = (joined_columns(parts) for parts in ([one.head for one in found], [one.body for one in found]))
    rows = len(own["bits"])
    sides = [Side(rows, {name[1:]: values for name, values in columns.items() if name[0] == side}) for side in "lr"]
    both = Both(sides[0], sides[1], setting.same)
    each = Scored(packed(np.arange(rows), np.arange(rows)), own["pattern"], own["bits"])
    counts = look_up_counts(setting, [one for one in messages if one.kind == SHOWN])
    with working() as con:
        weigh = _weighed_by_tiers if setting.model.evidence_tiers else _weighed_by_values
        kept, weight, owners = weigh(con, setting, both, each, counts)
        values = _one_values(con, setting, both, kept)
    ends = [side.columns[ROW][kept] for side in sides]
    unique = ends[1] if setting.model.unique[:1] == ("right",) else ends[0]
    cells = [
        unique % setting.shards, *ends, own["pattern"][kept].view(np.int64), weight, own["rules"][kept].view(np.int64),
        *(side.columns[ID].take(pa.array(kept)) for side in sides), owners.names, owners.persons, *values,
        judged_of(setting, packed(*ends)).astype(np.int64),
    ]  # fmt: skip
    return pa.table([pa.array(one, field.type) for one, field in zip(cells, SCORED, strict=True)], schema=SCORED)


Kept = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], ValueOwners]
"""Which pairs are kept, their match weights, and who owns the values they share."""


def _weighed_by_values(
    con: duckdb.DuckDBPyConnection, setting: Setting, both: Both, each: Scored, counts: CountsLookedUp
) -> Kept:
    bits = each.bits + ValueChances(con, setting.model, both, counts=counts).bits(each.pairs, each.patterns, threads=1)
    kept = np.flatnonzero(
        (bits >= log_odds(setting.model.review_probability)) | confirmed_pairs(setting, row_pairs(both))
    )
    return kept, bits[kept], ValueOwners.none(len(kept))


def _weighed_by_tiers(
    con: duckdb.DuckDBPyConnection, setting: Setting, both: Both, each: Scored, counts: CountsLookedUp
) -> Kept:
    chances = PopulationChances(con, setting.model, both, bearers=counts)

    def scored(pairs: Scored, keep: Keep) -> ScoredPairs:
        return weigh_by_tiers(setting.model, chances, setting.prior_bits, pairs, keep)

    found = scored(each, Keep.DECIDED)
    confirmed = confirmed_pairs(setting, row_pairs(both))
    if confirmed.any():
        found = found.beside(scored(each.where(confirmed), Keep.ALL))
    owners = value_owners(con, setting.model, both, found.pairs, found.patterns, counts)
    return unpacked(found.pairs)[0], found.weight, owners


def row_pairs(both: Both) -> Pairs:
    """Pairs by the row numbers of the whole tables."""
    return packed(both.left.columns[ROW], both.right.columns[ROW])


def confirmed_pairs(setting: Setting, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Which of these pairs a person judged to be one."""
    return np.zeros(len(pairs), bool) if setting.judged is None else np.isin(pairs, setting.judged.same)


def judged_of(setting: Setting, pairs: Pairs) -> Codes:
    """What a person said of each pair, by row numbers of the whole tables."""
    found = np.zeros(len(pairs), np.int8)
    if setting.judged is not None:
        found[np.isin(pairs, setting.judged.same)] = Judgement.LINK
        found[np.isin(pairs, setting.judged.other)] = Judgement.NOT_LINK
    return found


def _one_values(
    con: duckdb.DuckDBPyConnection, setting: Setting, both: Both, kept: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.int64]]:
    key = unique_key_of_cluster(setting.model) if setting.model.evidence_tiers else None
    if key is None:
        return [np.zeros(len(kept), np.int64)] * 2
    return [key_values(con, setting.model, key, side)[kept].view(np.int64) for side in (both.left, both.right)]
