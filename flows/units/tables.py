"""What a night knows of units as workspace relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb
import pyarrow as pa

from flows.ledger.sql import put, put_rows, run_sql
from flows.run.context import RunContext
from flows.units.memory import UnitDoubt, table_of
from flows.units.mentions import Node
from flows.units.unit_index import Resolved, UnitIndex
from flows.units.units import Unit
from matchers.encoding.units import clean_unit

_TEXT = pa.string()
DOUBT = pa.schema(
    [
        *(pa.field(f"{side}_{name}", _TEXT) for name in ("key", "text", "token") for side in ("left", "right")),
        *(pa.field(name, _TEXT) for name in ("doubt_id", "reason", "since")),
    ]
)


def put_register(
    con: duckdb.DuckDBPyConnection,
    run: RunContext,
    known: UnitIndex,
    resolved: Resolved,
    doubts_before: list[UnitDoubt],
) -> int:
    """Write `units`, `unit_doubts` and what each row, organisation and roll entry names; how many doubts."""
    today = run.as_of.isoformat()
    put(con, "units", table_of([_dated(unit, today) for _, unit in sorted(known.units.items())]))
    names = [(text, uscc, *keys) for (text, uscc), keys in known.names.items()]
    columns = {"text": _TEXT, "uscc": _TEXT, "unit_key": _TEXT, "station_key": _TEXT}
    put_rows(con, "name_units", columns, sorted(names, key=str))
    rows = [(one.station, one.unit_name, one.uscc, one.platform, *keys) for one, keys in known.stations.items()]
    columns = dict.fromkeys(("station", "unit_name", "uscc", "platform", "unit_key", "station_key"), _TEXT)
    put_rows(con, "station_units", columns, sorted(rows, key=str))
    run_sql(con, "named.sql", package="flows.units")
    doubts = _doubts(run, known, resolved, doubts_before)
    put(con, "unit_doubts", pa.Table.from_pylist(doubts, schema=DOUBT))
    return len(doubts)


def _dated(unit: Unit, today: str) -> Unit:
    if unit.since and unit.last_seen:
        return unit
    return replace(unit, since=unit.since or today, last_seen=unit.last_seen or today)


def _doubts(run: RunContext, known: UnitIndex, resolved: Resolved, before: list[UnitDoubt]) -> list[UnitDoubt]:
    nodes, clusters = resolved.nodes, resolved.clusters
    since: Mapping[str, str] = {one["doubt_id"]: one["since"] for one in before}
    found: list[UnitDoubt] = []
    for one in clusters.doubts:
        texts = [_text_of(nodes[at]) for at in (one.left, one.right)]
        keys = [known.names[_spelling_of(nodes[at])][0] for at in (one.left, one.right)]
        if keys == [None, None]:
            continue  # two licences that nobody works for
        doubt = run.key.token("unit doubt", "|".join(sorted(texts)))[:16]
        tokens = [run.key.token("unit", text) for text in texts]
        found.append(
            {"doubt_id": doubt, "left_key": keys[0], "right_key": keys[1], "left_text": texts[0],
             "right_text": texts[1], "left_token": tokens[0], "right_token": tokens[1], "reason": one.reason,
             "since": since.get(doubt, run.as_of.isoformat())}
        )  # fmt: skip
    return sorted(found, key=lambda row: str(row["doubt_id"]))


def _spelling_of(node: Node) -> tuple[str, str | None]:
    mention = max((one for one, _ in node.mentions), key=lambda one: (one.rows, one.text))
    return mention.text, mention.uscc


def _text_of(node: Node) -> str:
    return clean_unit(_spelling_of(node)[0])
