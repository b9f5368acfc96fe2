"""Rows of work beside a row of the roll, as the night itself compares them, and why none of them is linked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from flows.originals import Record
from matchers.model.link_model import LinkModel
from matchers.persons.beside import Beside, beside

_COLUMNS = {"name": pa.string(), "sex": pa.string(), "birth_date": pa.string(), "id_number": pa.string()}


def rows_beside(workers: Sequence[Record], member: Record, model: LinkModel) -> Mapping[int, Beside]:
    """By place among the workers, what the night's levels and tiers say of each beside the member."""
    if not workers:
        return {}
    result = beside(_table(workers), _table([member]), model)
    return {at: result[at, 0] for at in range(len(workers))}


def decided_words(result: Beside) -> str:
    """Why a pair is not linked: its tier's own sentence, and what it would have taken."""
    tier, said = result.tier, result.sentence.removesuffix("，请核对")
    if tier.decision == "reject":
        unseen = "" if result.rules else "；没有一条分组规则把这两行放在一起比对"
        return f"不连也不列：{said}{unseen}"
    if tier.decision == "review":
        return f"不自动连，够条件的交人核对：{said}"
    shared = "、号码不止一人在用" if tier.needs_own_value or tier.needs_single_owner else ""
    return f"够得上相连（{said}）而没有连：可能有人判过不是同一人，或有两个以上相近的人{shared}；可在待核对里看"


def _table(records: Sequence[Record]) -> pa.Table:
    """The columns that the night compares, as it takes them from staging."""
    rows = [record.row for record in records]
    columns = {
        name: pa.array([None if row.get(name) is None else str(row[name]) for row in rows], kind)
        for name, kind in _COLUMNS.items()
    }
    phones = pa.array([list(row.get("phones") or ()) for row in rows], pa.list_(pa.string()))
    return pa.table({"row_id": pa.array(range(len(rows)), pa.int64()), **columns, "phones": phones})
