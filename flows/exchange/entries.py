"""One row per token a district sends: what it is a token of, and what must not differ beside it.

Keys two rows of one person share, after the link tiers of domain.md: a full ID; name sound with 6+4 of the ID, with its
first 15 digits, with 3+4 of a phone. What else a row shows (the name's characters, sex, date of birth, the whole phone,
the visible digits of its ID) is a check under the key: the member's side lists every value that agrees, silence too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from flows.exchange.rules import rules
from flows.exchange.strength import Pattern
from matchers.encoding.compared_names import compare_name
from matchers.relations import make, query_text, run_script, script

FULL, HEAD_TAIL, FIRST_15, PHONE = "i", "h", "e", "p"
RULES = {FULL: "身份证号完整一致，姓名相符", HEAD_TAIL: "姓名相符，身份证号前6位和后4位一致",
         FIRST_15: "姓名相符，身份证号前15位一致", PHONE: "姓名相符，手机前3位和后4位一致"}  # fmt: skip


@dataclass(frozen=True)
class Entries:
    """`rows`: person, rule, message, and per field a list of messages (null is chaff), in the order of persons.

    `persons`: person and the rows of the side that are theirs (row_id). `left_out`: keys that were not made, by cause.
    """

    rows: pa.Table
    persons: pa.Table
    left_out: dict[str, int]


def member_entries(con: duckdb.DuckDBPyConnection, members: pa.Table, strong: set[Pattern]) -> Entries:
    """The tokens of members on the roll with a full ID that is theirs alone."""
    _put(con, members)
    result = sorted(strong)
    con.register("strong", pa.table({
        "row_id": pa.array([row for row, _ in result], pa.int64()),
        "pattern": pa.array([word for _, word in result], pa.string()),
    }))  # fmt: skip
    make(con, "masks", pa.table({
        "head": [head for head, _ in rules().visible_places], "tail": [tail for _, tail in rules().visible_places],
        "place": list(range(len(rules().masks))),
    }))  # fmt: skip
    run_script(con, script("flows.exchange", "members.sql"), {"most": rules().tokens_per_member})
    return _entries(con)


def worker_entries(con: duckdb.DuckDBPyConnection, workers: pa.Table, most_names: int) -> Entries:
    """The tokens of worker rows; a phone on rows of so many names is an office's and has none.

    Rows that share a key are one person's, and their key is sent once. Where such rows contradict each other the key
    is not sent: two people may be behind it.
    """
    from matchers.deciding.clusters import root_of

    _put(con, workers)
    run_script(con, script("flows.exchange", "workers.sql"), {"most_names": most_names})
    links = con.execute("select row_keys from kept_keys where len(row_keys) > 1 order by all").fetchall()
    root = root_of((rows[0], row) for (rows,) in links for row in rows[1:])
    tied = sorted({row for (rows,) in links for row in rows})
    con.register("roots", pa.table({
        "row_id": pa.array(tied, pa.int64()), "person": pa.array([root(row) for row in tied], pa.int64()),
    }))  # fmt: skip
    run_script(con, script("flows.exchange", "worker_persons.sql"), {"most": rules().tokens_per_worker})
    return _entries(con)


def _entries(con: duckdb.DuckDBPyConnection) -> Entries:
    rows = con.execute("select * from entries order by person, rule, message").to_arrow_table()
    persons = con.execute("select * from persons_sent order by person, row_id").to_arrow_table()
    left_out = con.execute("select cause, keys from left_out where keys > 0 order by cause").fetchall()
    return Entries(rows, persons, {str(cause): int(keys) for cause, keys in left_out})


def _put(con: duckdb.DuckDBPyConnection, side: pa.Table) -> None:
    """Make `side` and `names`, one row per spelling: how it is compared."""
    make(con, "side", side)
    spelled: Sequence[str] = [name for (name,) in con.execute(query_text("flows.exchange", "spellings.sql")).fetchall()]
    compared = [compare_name(name) for name in spelled]
    columns = ("name_key", "name_sound", "name_fold", "name_swap", "name_head", "name_kind")
    make(con, "names", pa.table({
        "name": pa.array(spelled, pa.string()),
        **{column: pa.array([getattr(entry, column) for entry in compared], pa.string()) for column in columns},
    }))  # fmt: skip
