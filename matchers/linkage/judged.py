"""One row per pair a person judged: the same (`link`), not the same (`not_link`), or left open (`unsure`)."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.linkage.agreeing import pattern_counts
from matchers.linkage.learn import Floats, Patterns
from matchers.linkage.model import LinkModel
from matchers.linkage.tables import Sides
from schemas.errors import TableError

VERDICTS = ("link", "not_link", "unsure")
_COLUMNS = ("left_id", "right_id", "judgement")


def checked_judgements(table: pa.Table) -> pa.Table:
    """The three columns as text. Raises TableError where one is missing or a judgement is no known word."""
    missing = [column for column in _COLUMNS if column not in table.schema.names]
    if missing:
        raise TableError(
            "判断表缺少列", rule="judgements", examples=tuple(missing), action=f"要有 {'、'.join(_COLUMNS)}"
        )
    text = table.select(_COLUMNS).cast(pa.schema([(column, pa.string()) for column in _COLUMNS]))
    unknown = sorted(set(text["judgement"].to_pylist()) - set(VERDICTS), key=str)
    if unknown:
        raise TableError(
            "判断表里有不认识的判断", rule="judgements", examples=tuple(str(one) for one in unknown[:5]),
            action=f"只用 {'、'.join(VERDICTS)}",
        )  # fmt: skip
    return text


def place_judgements(
    con: duckdb.DuckDBPyConnection, judgements: pa.Table, ids: tuple[pa.Array, pa.Array], sides: Sides
) -> int:
    """Make `judged` (la, ra, verdict), the last row of the table deciding; how many rows name ids not in the tables."""
    for side, values in zip(("left", "right"), ids, strict=True):
        con.register(f"{side}_named", pa.table({"seq": pa.array(range(len(values)), pa.int32()), "id": values}))
    con.register("told", judgements.append_column("place", pa.array(range(judgements.num_rows), pa.int64())))
    first, second = ("least(a.seq, b.seq)", "greatest(a.seq, b.seq)") if sides.same else ("a.seq", "b.seq")
    con.execute(
        f"create or replace table judged as select {first} as la, {second} as ra, "
        "arg_max(judgement, place) as verdict from told t "
        "join left_named a on a.id = t.left_id join right_named b on b.id = t.right_id group by 1, 2"
    )
    row = con.execute(
        "select count(*) from told t where t.left_id not in (select id from left_named) "
        "or t.right_id not in (select id from right_named)"
    ).fetchone()
    for name in ("left_named", "right_named", "told"):
        con.unregister(name)
    return int(row[0]) if row else 0


def candidate_patterns(con: duckdb.DuckDBPyConnection, model: LinkModel, *, judged: bool) -> Patterns:
    """Patterns of the candidates, what persons judged apart; pairs judged the same count even if no rule found them."""
    if not judged:
        numbers, counts = pattern_counts(con, model, "pairs")
        none = np.zeros(len(counts))
        return Patterns(numbers, counts, none, none)
    told = "(select * from judged where verdict in ('link', 'not_link'))"
    parts = [
        pattern_counts(con, model, f"(select * from pairs anti join {told} using (la, ra))"),
        pattern_counts(con, model, "(select la, ra from judged where verdict = 'link')"),
        pattern_counts(con, model, "(select la, ra from judged where verdict = 'not_link')"),
    ]
    numbers = sorted({number for found, _ in parts for number in found})
    return Patterns(numbers, *(_spread(numbers, *part) for part in parts))


def _spread(numbers: list[int], found: list[int], counts: Floats) -> Floats:
    spread = np.zeros(len(numbers))
    spread[np.searchsorted(numbers, found)] = counts
    return spread
