"""One row per pair waiting for a person, masked, under a pair id that stays the same night after night."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.home.keys import DistrictKey
from flows.ledger.redact import Redactor, shortened_name
from flows.ledger.sql import put_rows, run_sql
from flows.run.context import RunContext

KNOWN_PAIRS = 20
"""Links of which a pair with a known answer is made, each of the same and of different persons."""
_TEXT = pa.string()
Side = dict[str, object]


def build_review(con: duckdb.DuckDBPyConnection, run: RunContext, redactor: Redactor) -> None:
    """Write `review` from the decided pairs that wait and the registry's own doubts, and `known_pairs`."""
    run_sql(con, "review.sql", known=KNOWN_PAIRS)
    sides = _sides(con)
    _put_masked(con, sides)
    _put_tokens(con, sides, run.key)
    units = con.execute(
        "select distinct w.unit_name from review_pairs p join placed_work w on w.row_key = p.left_key union "
        "select s.unit_name from review_pairs p join stage_party_members s "
        "on s.row_key = coalesce(p.roll_row_key, p.right_id)"
    ).fetchall()
    rows = sorted((text, redactor.text(text)) for (text,) in units if text is not None)
    put_rows(con, "clean_review", {"text": _TEXT, "clean": _TEXT}, rows)
    run_sql(con, "review_rows.sql", as_of=run.as_of)


def record_token(key: DistrictKey, side: Side) -> str:
    """Keyed token of one record: by its own number, else by what it says of its person."""
    phones = side["phones"] or []
    lines = [side["name"], side["id_number"], ",".join(str(phone) for phone in phones)]  # type: ignore[attr-defined]
    if side["source"] == "registry" and side["id_kind"] == "full":
        lines = ["id", side["id_number"]]
    elif side["member_no"]:
        lines = ["member", side["member_no"], side["name"]]
    elif side["record_id"]:
        lines = ["record", side["record_id"], side["name"]]
    return key.token("record", "|".join(str(part or "") for part in [side["source"], *lines]))


def pair_token(key: DistrictKey, left: str, right: str) -> str:
    """The pair's id: keyed token of both records' tokens."""
    return key.token("pair", f"{left}|{right}")


def _sides(con: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], Side]:
    result = con.execute("select * from review_sides order by id, side")
    names = [column[0] for column in result.description or []]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return {(row["id"], row["side"]): row for row in rows}


def _put_masked(con: duckdb.DuckDBPyConnection, sides: dict[tuple[int, str], Side]) -> None:
    rows = [
        (
            id_,
            side,
            shortened_name(_text(body["name"])),
            masked_id(_text(body["id_number"])),
            masked_phones(body["phones"]),
        )
        for (id_, side), body in sides.items()
    ]
    columns = {"id": pa.int64(), "side": _TEXT, "name": _TEXT, "id_number": _TEXT, "phone": _TEXT}
    put_rows(con, "masked_sides", columns, rows)


def _put_tokens(con: duckdb.DuckDBPyConnection, sides: dict[tuple[int, str], Side], key: DistrictKey) -> None:
    tokens = {at: record_token(key, body) for at, body in sides.items()}
    pairs = con.execute("select distinct left_key, right_id, side from review_pairs order by all").fetchall()
    rows = [
        (
            left,
            right,
            side,
            pair_token(key, tokens[(left, "row")], tokens[(right, side)]),
            tokens[(left, "row")],
            tokens[(right, side)],
        )
        for left, right, side in pairs
    ]
    columns = {
        "left_key": pa.int64(), "right_id": pa.int64(), "side": _TEXT, "pair_id": _TEXT,
        "left_token": _TEXT, "right_token": _TEXT,
    }  # fmt: skip
    put_rows(con, "pair_tokens", columns, rows)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def masked_id(pattern: str | None) -> str | None:
    """Three places at the head and four at the tail, as far as the record itself shows them."""
    if pattern is None:
        return None
    return pattern[:3] + "*" * max(len(pattern) - 7, 0) + pattern[-4:]


def masked_phones(phones: object) -> str | None:
    """The first phone, three places at the head and four at the tail."""
    if not isinstance(phones, list) or not phones:
        return None
    first = str(phones[0])
    return first[:3] + "*" * max(len(first) - 7, 0) + first[-4:] if len(first) >= 8 else "*" * len(first)
