"""Link two tables, or deduplicate one, by a model: blocking, scoring, deciding.

Pairs are decided by the model's evidence tiers if it has any, else by match weight against the thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import duckdb
import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import Blocks, Candidates, Pairs, Seqs, distinct_batches
from matchers.blocking.budget import KEPT_BYTES, refuse_oversized
from matchers.blocking.copies import COPIES, copies, pairs_of_copies
from matchers.blocking.plan import plan_blocks, spooled_blocks
from matchers.deciding.judgements import JudgedPairs
from matchers.deciding.thresholds import decide, keep_scored
from matchers.engine import Options, spilling_later
from matchers.engines.memory import memory_bytes, room
from matchers.engines.result import decided_pairs, tiered_pairs
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Both, encode_sides, ids_text
from matchers.sides.named_rows import Rows
from matchers.sides.unread import noted
from matchers.weighing.entities import identical_rows
from matchers.weighing.score import given_weights, score_pairs, unpruned, weighing_of
from schemas.errors import TableError
from schemas.rules import Rule

__all__ = ["Options", "id_column", "link_tables"]
_SHARE_OF_PAIRS = 4
"""Sides in memory: DuckDB may spill only if keeping every candidate pair takes more than 1/4 of the memory limit."""


def link_tables(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    ids: tuple[str, str],
    judgements: pa.Table | None = None,
    options: Options | None = None,
) -> pa.Table:
    """One row per pair that reaches the review threshold, sorted by both ids: `decided_pairs` or `tiered_pairs`.

    Under evidence tiers, pairs decided link or review are kept at any match weight. `right` null deduplicates `left`.
    `judgements` (left_id, right_id, judgement) beat the match weight. Raises TableError on unfit ids or judgements that
    contradict each other, InputError where a column is missing or a blocking rule exceeds the pair budget.
    """
    chosen = options or Options()
    with spilling_later(chosen) as (con, allow_spilling), room(left, right, model, chosen) as spool:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, ids=ids, threads=chosen.threads, spool=spool, progress=chosen.progress)
        entities = identical_rows(both.left) if both.same else np.zeros(0, np.int64)
        copied = copies(entities)
        blocks = _blocks(con, model, both, copied, threads=chosen.threads)
        batches = Candidates(
            chain(distinct_batches(blocks), [pairs_of_copies(entities, copied)] if len(copied) else []),
            len(copied) + sum(block.pairs for block in blocks) if isinstance(blocks, list) else 0,
        )
        if spool is not None or batches.of * KEPT_BYTES > memory_bytes(chosen.memory) // _SHARE_OF_PAIRS:
            allow_spilling()
        pairs = _decided(con, model, both, batches, judgements, threads=chosen.threads)
        pairs = pairs.replace_schema_metadata({COPIES: str(len(copied)).encode()}) if len(copied) else pairs
        return noted(pairs, both.unread)


def _blocks(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, copied: Seqs, *, threads: int
) -> Iterable[Blocks]:
    """The blocks of every blocking rule. Raises InputError where a rule's pairs exceed the model's budgets.

    In memory all rules are checked before a pair is made; of spooled sides each is checked when its turn comes.
    """

    def survivors(pairs: Pairs) -> int:
        return _survivors(con, model, both, pairs)

    if both.spool is None:
        blocks = plan_blocks(con, model, both, threads=threads, without=copied)
        refuse_oversized(model, blocks, survivors)
        return blocks

    def one_by_one() -> Iterator[Blocks]:
        for block, parts in spooled_blocks(con, model, both, threads=threads, without=copied):
            refuse_oversized(model, [block], survivors, parts=parts)
            yield block

    return one_by_one()


def _survivors(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs) -> int:
    """The number of these pairs that are not pruned; called with a sample of a rule's pairs."""
    if model.evidence_tiers:
        from matchers.engines.tier_linking import survivors

        return survivors(con, model, both, pairs)
    return len(unpruned(con, weighing_of(con, model, given_weights(model, both.counts), both), both, [pairs]).pairs)


def _decided(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, batches: Iterable[Pairs], judgements: pa.Table | None,
    *, threads: int,
) -> pa.Table:  # fmt: skip
    """The decided pairs under the newest judgement of each pair, where there are judgements."""
    if judgements is None:
        return _by_model(con, model, both, batches, None, threads=threads)
    from matchers.deciding.judged_pairs import kept_apart, refuse_contradictions
    from matchers.deciding.judgements import checked_judgements, place_judgements

    checked = checked_judgements(judgements)
    placed = place_judgements(checked, (both.left.whole_ids(), both.right.whole_ids()), same=both.same)
    refuse_contradictions(placed, model.unique, same=both.same)
    pairs = _by_model(con, model, both, batches, placed, threads=threads)
    return kept_apart(pairs, checked) if both.same else pairs


def _by_model(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, batches: Iterable[Pairs], placed: JudgedPairs | None,
    *, threads: int,
) -> pa.Table:  # fmt: skip
    """The decided pairs: by evidence tiers if the model has any, else by match weight."""
    if model.evidence_tiers:
        from matchers.engines.tier_linking import decide_by_tiers

        return tiered_pairs(con, model, both, decide_by_tiers(con, model, both, batches, placed, threads=threads))
    learned = given_weights(model, both.counts)
    scored = score_pairs(con, model, learned, both, batches, threads=threads)
    if placed is None:
        keep_scored(con, scored)
        decide(con, model, same=both.same)
    else:
        from matchers.deciding.judged_pairs import decide_judged, score_judged

        scored = score_judged(con, model, learned, both, scored, placed)
        decide_judged(con, model, scored, placed, same=both.same)
    return decided_pairs(con, model, both)


def id_column(table: pa.Table, column: str) -> pa.Array:
    """One id per row as a string. Raises TableError where the column is missing, has a null or a duplicate."""
    if column not in table.schema.names:
        raise TableError(
            f"没有编号列 {column}", rule=Rule.ID_COLUMN, action="用 --left-id、--right-id 或 --id 指定编号列"
        )
    ids = ids_text(table[column].combine_chunks())
    if ids.null_count or len(ids.unique()) != len(ids):
        raise TableError(f"编号列 {column} 有空值或重复", rule=Rule.ID_UNIQUE, action="换一列不重复的编号，或先补全")
    return ids
