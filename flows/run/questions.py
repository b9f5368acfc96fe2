"""One row per question to a sender: in the run's summary, and in the quality note of the department that sent it."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from matchers.relations import append

_MAKE = "create table if not exists source_questions (source varchar, asked_by varchar, text varchar)"
_COLUMNS = pa.schema({"source": pa.string(), "asked_by": pa.string(), "text": pa.string()})
_FORGET = "delete from source_questions where asked_by = $step"
_OF = "select text from source_questions where source = $source order by rowid"


def open_questions(con: duckdb.DuckDBPyConnection) -> None:
    """Make sure there is a relation for questions, `source_questions`; what stands in it stays."""
    con.execute(_MAKE)


def ask_senders(con: duckdb.DuckDBPyConnection, step: str, questions: Iterable[tuple[str, str]]) -> list[str]:
    """Keep a step's questions (source, text without personal values) in place of its earlier ones; the texts."""
    con.execute(_MAKE)
    con.execute(_FORGET, {"step": step})
    rows = [{"source": source, "asked_by": step, "text": text} for source, text in questions]
    append(con, "source_questions", pa.Table.from_pylist(rows, schema=_COLUMNS))
    return [row["text"] for row in rows]


def questions_to(con: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """What the sender of a source is asked tonight."""
    return [text for (text,) in con.execute(_OF, {"source": source}).fetchall()]
