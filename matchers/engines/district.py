"""The steps of a district run as Arrow tables of pairs: candidate pairs, scored pairs, decided pairs.

Pairs are named by the rows' own int64 ids (left_id, right_id). Both sides are encoded once, and every later step takes
the encoded sides. The model must have evidence tiers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.blocking.blocks import Pairs, distinct, packed, unpacked
from matchers.blocking.budget import refuse_long_lists
from matchers.blocking.keys import finding_rules
from matchers.blocking.plan import RulePlan, plan_blocks
from matchers.deciding.settling import Judgement, decide_scored
from matchers.deciding.tier_scores import score_by_tiers
from matchers.deciding.tiers import Keep
from matchers.engine import Options, embedded
from matchers.engines.pair_columns import decision_columns, level_names, numbers, rule_lists
from matchers.model.evidence_tiers import NULL_LEVEL
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Both, encode_sides
from matchers.weighing.levels import radixes
from matchers.weighing.scored import ScoredPairs

JUDGEMENTS = pa.schema([("left_id", pa.int64()), ("right_id", pa.int64()), ("verdict", pa.string())])
"""One row per pair a person judged, with the verdict `link` or `not_link`."""
RowNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncodedSides:
    """Both sides encoded, the row ids of each side and the model.

    `left`, `right`: one int64 id per encoded row, ascending.
    """

    both: Both
    left: RowNumbers
    right: RowNumbers
    model: LinkModel

    def pairs_of(self, table: pa.Table) -> Pairs:
        """One uint64 pair of row numbers per row of a table with left_id and right_id, in the table's order.

        Every id must be among the sides' ids: this is not checked.
        """
        ids = (np.asarray(table[name].combine_chunks(), np.int64) for name in ("left_id", "right_id"))
        left, right = (np.searchsorted(own, one) for own, one in zip((self.left, self.right), ids, strict=True))
        return packed(left, right)

    def id_columns(self, pairs: Pairs) -> dict[str, RowNumbers]:
        """Columns left_id and right_id (int64), one entry per pair, in the order of the pairs."""
        left, right = unpacked(pairs)
        return {"left_id": self.left[left], "right_id": self.right[right]}


def encode_rows(
    left: pa.Table, right: pa.Table | None, model: LinkModel, *, row_id: str = "row_id", threads: int = 2
) -> EncodedSides:
    """Two tables encoded under the model's column names, sorted by `row_id`; `right` null deduplicates `left`.

    Raises InputError where a column of the model is missing or of a type it cannot read.
    """
    sides = [table.sort_by(row_id) for table in (left, right) if table is not None]
    both = encode_sides(sides[0], sides[1] if right is not None else None, model, threads=threads)
    ids = [np.asarray(table[row_id].combine_chunks(), np.int64) for table in sides]
    return EncodedSides(both, ids[0], ids[-1], model)


@contextmanager
def matching(options: Options | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the macro `nibbles`, which the SQL of some keys and comparison levels calls."""
    with embedded(options) as con:
        con.execute(NIBBLES)
        yield con


def candidate_pairs(sides: EncodedSides, *, options: Options | None = None) -> tuple[pa.Table, list[RulePlan]]:
    """One row per candidate pair (left_id, right_id, blocking_rules), sorted by both ids, and the plan of the rules.

    A pair is kept only if it shares a rule's key in full, since blocks are formed by part of a key's hash. Raises
    InputError where blocking rules make more pairs than the model's budgets allow.
    """
    with matching(options) as con:
        pairs, plan = _candidates(con, sides, threads=(options or Options()).threads)
        found_by = _found_by(con, sides, pairs)
    table = pa.table({**sides.id_columns(pairs), "blocking_rules": rule_lists(found_by)})
    return table.filter(pa.array(_any(found_by))), plan


def score_candidates(
    candidates: pa.Table, sides: EncodedSides, *, keep_all: bool = False, options: Options | None = None
) -> pa.Table:
    """One row per scored pair: blocking_rules, levels, bits, match_weight and match_probability, sorted by both ids.

    `bits` (per comparison) and `match_weight` are in bits, the weight rounded to tenths. Pruned pairs are left
    out unless `keep_all`. `blocking_rules` is copied from the candidates.
    """
    pairs = sides.pairs_of(candidates)
    chosen = options or Options()
    with matching(options) as con:
        keep = Keep.ALL if keep_all else Keep.SCORED
        scored = score_by_tiers(con, sides.model, sides.both, [pairs], keep=keep, threads=chosen.threads)
    order = np.argsort(pairs)
    rows = order[np.searchsorted(pairs[order], scored.pairs)]
    rules = candidates["blocking_rules"].combine_chunks().take(pa.array(rows))
    return pa.table({**sides.id_columns(scored.pairs), "blocking_rules": rules, **_score_columns(sides, scored)})


def decide_pairs(
    scored: pa.Table, sides: EncodedSides, *, judgements: pa.Table | None = None, options: Options | None = None
) -> pa.Table:
    """One row per scored pair with its decision and the columns that explain it, sorted by both ids.

    `judgements`: a table of schema JUDGEMENTS; a judgement overrides the evidence tier. Judgements that name a row
    not in these sides are ignored.
    """
    scored = scored.sort_by([("left_id", "ascending"), ("right_id", "ascending")])
    with matching(options) as con:
        pairs = _scored_of(scored, sides)
        decided = decide_scored(con, sides.model, sides.both, pairs, _judged(pairs, sides, judgements))
    kept = ("blocking_rules", "levels", "match_weight", "match_probability")
    return pa.table({
        **sides.id_columns(pairs.pairs), **decision_columns(sides.model, decided), **{c: scored[c] for c in kept},
    })  # fmt: skip


def decided_pairs(sides: EncodedSides, *, options: Options | None = None) -> pa.Table:
    """One row per scored pair with its decision, without judgements: blocking, scoring and deciding in one call."""
    with matching(options) as con:
        threads = (options or Options()).threads
        pairs, _ = _candidates(con, sides, threads=threads)
        scored = score_by_tiers(con, sides.model, sides.both, [pairs], keep=Keep.SCORED, threads=threads)
        scored = scored.where(_any(_found_by(con, sides, scored.pairs)))
        decided = decide_scored(con, sides.model, sides.both, scored)
    return pa.table({**sides.id_columns(scored.pairs), **decision_columns(sides.model, decided)})


def _candidates(con: duckdb.DuckDBPyConnection, sides: EncodedSides, *, threads: int) -> tuple[Pairs, list[RulePlan]]:
    """Every candidate pair of all blocking rules once, ascending, and the number of pairs of each rule."""
    blocks = plan_blocks(con, sides.model, sides.both, threads=threads)
    refuse_long_lists(sides.model, blocks)
    found = [batch for block in blocks for batch in block.batches()]
    pairs = distinct(np.concatenate(found)) if found else np.zeros(0, np.uint64)
    return pairs, [RulePlan(block.rule, block.pairs) for block in blocks]


def _found_by(con: duckdb.DuckDBPyConnection, sides: EncodedSides, pairs: Pairs) -> dict[str, npt.NDArray[np.bool_]]:
    """Per blocking rule, in order of its name, a boolean per pair: whether its two rows share the rule's full key."""
    return dict(sorted(finding_rules(con, sides.model, sides.both, unpacked(pairs)).items()))


def _any(found_by: dict[str, npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """A boolean per pair: whether any blocking rule makes it a candidate."""
    return np.asarray(np.logical_or.reduce(list(found_by.values())), np.bool_)


def _score_columns(sides: EncodedSides, scored: ScoredPairs) -> dict[str, pa.Array]:
    """The columns levels and bits (structs by comparison), match_weight in bits, and match_probability."""
    bits = pa.StructArray.from_arrays([numbers(one) for one in scored.bits.values()], names=list(scored.bits))
    return {
        "levels": level_names(sides.model, scored.patterns), "bits": bits, "match_weight": numbers(scored.weight),
        "match_probability": numbers(scored.probability),
    }  # fmt: skip


def _scored_of(scored: pa.Table, sides: EncodedSides) -> ScoredPairs:
    """Scored pairs read back from the table of `score_candidates`: level names become patterns, bits are left out."""
    import pyarrow.compute as pc  # loads slowly, and the commands over files do without it

    levels, radix = scored["levels"].combine_chunks(), radixes(sides.model)
    patterns = np.zeros(scored.num_rows, np.uint64)
    for column, named in sides.model.comparisons.items():
        place = pc.index_in(levels.field(column), pa.array([NULL_LEVEL, *named]))
        patterns += np.asarray(place, np.uint64) * np.uint64(radix[column])
    weight, probability = (np.asarray(scored[name], np.float64) for name in ("match_weight", "match_probability"))
    return ScoredPairs(sides.pairs_of(scored), patterns, weight, probability, {})


def _judged(scored: ScoredPairs, sides: EncodedSides, judgements: pa.Table | None) -> npt.NDArray[np.int8]:
    """One Judgement per scored pair as int8, NONE where no person judged it."""
    found = np.zeros(len(scored), np.int8)
    if judgements is None or not judgements.num_rows:
        return found
    known = judgements.filter(pa.array(_in_both_sides(judgements, sides)))
    verdicts = known["verdict"].to_pylist()
    for verdict, word in (("link", Judgement.LINK), ("not_link", Judgement.NOT_LINK)):
        chosen = known.filter(pa.array([one == verdict for one in verdicts], pa.bool_()))
        found[np.isin(scored.pairs, sides.pairs_of(chosen))] = word
    return found


def _in_both_sides(judgements: pa.Table, sides: EncodedSides) -> npt.NDArray[np.bool_]:
    """A boolean per judgement: whether both its ids are in the sides."""
    left, right = (np.asarray(judgements[name].combine_chunks(), np.int64) for name in ("left_id", "right_id"))
    return np.isin(left, sides.left) & np.isin(right, sides.right)
