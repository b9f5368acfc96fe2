"""One row per pair a person judged: the same (`link`), not the same (`not_link`), or left open (`unsure`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import Pairs, packed
from schemas.errors import TableError
from schemas.rules import Rule

VERDICTS = ("link", "not_link", "unsure")
_COLUMNS = ("left_id", "right_id", "judgement")


def checked_judgements(table: pa.Table) -> pa.Table:
    """The three columns as text. Raises TableError where one is missing or a judgement is no known word."""
    missing = [column for column in _COLUMNS if column not in table.schema.names]
    if missing:
        raise TableError(
            "判断表缺少列", rule=Rule.JUDGEMENTS, examples=tuple(missing), action=f"要有 {'、'.join(_COLUMNS)}"
        )
    text = table.select(_COLUMNS).cast(pa.schema([(column, pa.string()) for column in _COLUMNS]))
    unknown = sorted(set(text["judgement"].to_pylist()) - set(VERDICTS), key=str)
    if unknown:
        raise TableError(
            "判断表里有不认识的判断", rule=Rule.JUDGEMENTS, examples=tuple(str(word) for word in unknown[:5]),
            action=f"只用 {'、'.join(VERDICTS)}",
        )  # fmt: skip
    return text


@dataclass(frozen=True)
class JudgedPairs:
    """Pairs judged the same and not the same, how many rows of the table name ids that are not here, and the row
    (from 1) of each pair's newest judgement."""

    same: Pairs
    other: Pairs
    unknown: int
    lines: dict[int, int]


def place_judgements(judgements: pa.Table, ids: tuple[pa.Array, pa.Array], *, same: bool) -> JudgedPairs:
    """The newest (last) judgement of every pair; `unsure` says nothing."""
    import pyarrow.compute as pc  # loads slowly, and most runs have no judgements

    named = [
        pc.index_in(judgements[column].combine_chunks(), value_set=values).fill_null(-1).to_numpy(zero_copy_only=False)
        for column, values in zip(("left_id", "right_id"), ids, strict=True)
    ]
    in_tables = (named[0] >= 0) & (named[1] >= 0) & ~(same & (named[0] == named[1]))
    left, right = (rows[in_tables].astype(np.int64) for rows in named)
    if same:
        left, right = np.minimum(left, right), np.maximum(left, right)
    verdicts = [word for word, in_table in zip(judgements["judgement"].to_pylist(), in_tables, strict=True) if in_table]
    pairs = packed(left, right).tolist()
    newest = dict(zip(pairs, verdicts, strict=True))
    lines = dict(zip(pairs, (np.flatnonzero(in_tables) + 1).tolist(), strict=True))
    pairs_by_verdict = {
        verdict: np.array(sorted(pair for pair, judgement in newest.items() if judgement == verdict), np.uint64)
        for verdict in VERDICTS
    }
    return JudgedPairs(pairs_by_verdict["link"], pairs_by_verdict["not_link"], int((~in_tables).sum()), lines)
