"""The matching steps: people, registry, candidates, scores, decisions. Each reads and writes workspace relations."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.home.settings import model_of
from flows.ledger.judging import judged_doubts, judged_links, judged_pairs
from flows.run.context import RunContext
from flows.scope import place_rows
from flows.staging.values.names import former_names
from matchers.engines.district import EncodedSides, candidate_pairs, decide_pairs, encode_rows, score_candidates
from matchers.engines.kept_sides import side_bytes, sides_of
from matchers.persons.registry import resolve_registry
from matchers.persons.workers import RULE, follow, followers
from matchers.relations import append, count, make, query_text, run_script, script
from matchers.sides.headers import fitted
from schemas.contracts import SourceContract

_PERSON_COLUMNS = {
    "member_no": "varchar",
    "name": "varchar",
    "sex": "varchar",
    "birth_date": "varchar",
    "id_number": "varchar",
    "id_number_kind": "varchar",
    "phones": "varchar[]",
}


_EXPLAINED = """
select p.source, p.file, p.sheet, p.row, r.member_no, d.decision, d.match_class, d.rule, d.reason, d.blocking_rules,
    d.levels, s.bits, d.match_weight, d.match_probability
from decided d
join scored s using (left_id, right_id)
join person_rows p on p.row_key = d.left_id
join registry_persons r on r.registry_id = d.right_id
where d.decision <> 'reject'
order by p.row_key, d.right_id
"""


# What the model compares as `phone` is the canonical field `phones` of the sources.
_CANONICAL_FIELDS = "update decided set fields = list_transform(fields, lambda f: if(f = 'phone', 'phones', f))"


def people(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `person_rows`: one row per accepted row of a source that names a person and is in the ledger's scope.

    Rows outside the scope, and those of sources that only lend addresses, go no further than `named_rows`.
    """
    parts = [_person_select(contract) for contract in run.contracts.values() if contract.role != "organisation"]
    con.execute(
        "create or replace temp view named_rows as "
        "select row_key, source, role, file, sheet, row, record_id, member_no, name, sex, birth_date, "
        "id_number, id_number_kind as id_kind, coalesce(phones, []) as phones "
        f"from ({' union all '.join(parts)})"
    )
    place_rows(con, run)
    lending = [contract.name for contract in run.contracts.values() if contract.scope == "contact"]
    make(con, "person_rows", _IN_SCOPE, {"lending": lending})
    values = {"default_group": run.policy.occupations.default, "lending": lending}
    run_script(con, script("flows.scope", "scope.sql"), values)
    make(con, "other_names", _other_names(con))
    counts = con.execute("select role, count(*) from person_rows group by role order by role").fetchall()
    return {str(role): int(count) for role, count in counts}


def _other_names(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row per other name that a name cell gives: 曾用名 in brackets."""
    cells = con.execute(
        "select row_key, original from stage_repairs where repair = 'former_name' order by row_key"
    ).fetchall()
    result = [(row, name) for row, original in cells for name in former_names(original)]
    return pa.table(
        {
            "row_key": pa.array([row for row, _ in result], pa.int64()),
            "name": pa.array([name for _, name in result], pa.string()),
        }
    )


_IN_SCOPE = """
select n.* from named_rows n left join row_trades t using (row_key)
where t.outside is null and not list_contains($lending::varchar[], n.source) order by n.row_key
"""


def _person_select(contract: SourceContract) -> str:
    """The contract's fields under their common names; null where a source has no such field."""
    staged = set(contract.staged_schema().names)
    columns = [f"{name if name in staged else 'null'}::{kind} as {name}" for name, kind in _PERSON_COLUMNS.items()]
    return (
        f"select row_key, '{contract.name}' as source, '{contract.role}' as role, file, sheet, row, record_id, "
        f"{', '.join(columns)} from stage_{contract.name}"
    )


def registry(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `registry_persons` and `registry_doubts` from the roll, the transfer and the floating register.

    Both sides of the matching are encoded here, once for all that follows: `encoded_columns`.
    """
    result = resolve_registry(
        _person_rows(con, "role in ('roll', 'transfer', 'floating')"), model_of(run.settings), options=run.engine
    )
    make(con, "registry_persons", result.persons)
    make(con, "registry_doubts", result.doubts)
    settled = _settle_doubts(con, judged_doubts(con, run))
    encode_sides(con, run)
    return {"persons": result.persons.num_rows, "doubts": result.doubts.num_rows, "settled_by_persons": settled}


def _settle_doubts(con: duckdb.DuckDBPyConnection, verdicts: dict[tuple[int, int], str]) -> int:
    """A judged doubt is not asked again; rows judged to be one person are one from here on."""
    for (left, right), verdict in sorted(verdicts.items()):
        values = {"left": left, "right": right}
        con.execute("delete from registry_doubts where left_row_key = $left and right_row_key = $right", values)
        if verdict == "link":
            con.execute(_JOIN_ROWS, values)
            con.execute(_DROP_JOINED, values)
    return len(verdicts)


_JOIN_ROWS = """
update registry_persons set
    row_keys = list_sort(list_distinct(list_concat(row_keys, coalesce(
        (select p.row_keys from registry_persons p where list_contains(p.row_keys, $left)), [$left])))),
    phones = list_sort(list_distinct(list_concat(phones, coalesce(
        (select p.phones from person_rows p where p.row_key = $left), []))))
where list_contains(row_keys, $right) and not list_contains(row_keys, $left)
"""
_DROP_JOINED = """
delete from registry_persons where list_contains(row_keys, $left) and not list_contains(row_keys, $right)
"""


def candidates(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `candidates`: worker row and registry person pairs, each blocking rule counted before it runs."""
    pairs, plan = candidate_pairs(_sides(con, run), options=run.engine)
    make(con, "candidates", pairs)
    return {"pairs": pairs.num_rows, **{rule.rule: rule.pairs for rule in plan}}


def scored(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `scored`: levels and weights of every candidate pair."""
    pairs = con.execute("select * from candidates order by left_id, right_id").to_arrow_table()
    sides = _sides(con, run)
    scores = score_candidates(pairs, sides, options=run.engine)
    make(con, "scored", scores)
    return {"pairs": scores.num_rows, "judged": _keep_judged(con, run, sides)}


def _keep_judged(con: duckdb.DuckDBPyConnection, run: RunContext, sides: EncodedSides) -> int:
    """Pairs a person judged to be one are scored whatever the blocking rules and the weights say of them."""
    known = set(con.execute("select left_id, right_id from scored").fetchall())
    lost = [pair for pair in judged_links(con, run) if pair not in known]
    if lost:
        pairs = pa.table(
            {
                "left_id": pa.array([left for left, _ in lost], pa.int64()),
                "right_id": pa.array([right for _, right in lost], pa.int64()),
                "blocking_rules": pa.array([["judged_by_a_person"]] * len(lost), pa.list_(pa.string())),
            }
        )
        append(con, "scored", score_candidates(pairs, sides, keep_all=True, options=run.engine))
    return len(lost)


def decided(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `decided`: link, review or reject for every scored pair."""
    pairs = con.execute("select * from scored order by left_id, right_id").to_arrow_table()
    sides = _sides(con, run)
    decisions = decide_pairs(pairs, sides, judgements=judged_pairs(con, run), options=run.engine)
    make(con, "decided", _joined_by_worker(con, run, decisions, sides))
    con.execute(_CANONICAL_FIELDS)
    make(con, "explained", _EXPLAINED)
    counts = con.execute(
        "select coalesce(match_class, decision), count(*) from decided group by 1 order by 1"
    ).fetchall()
    return {str(name): int(count) for name, count in counts}


def _joined_by_worker(
    con: duckdb.DuckDBPyConnection, run: RunContext, decided: pa.Table, sides: EncodedSides
) -> pa.Table:
    """The decisions, with rows of a surely linked worker tied to the same person; their pairs are scored if new."""
    pairs = followers(decided, sides, options=run.engine)
    if not pairs.num_rows:
        return decided
    rules = pa.array([[RULE]] * pairs.num_rows, pa.list_(pa.string()))
    scores = score_candidates(pairs.append_column("blocking_rules", rules), sides, keep_all=True, options=run.engine)
    con.register("following", scores)
    append(con, "scored", "select * from following anti join scored using (left_id, right_id)")
    con.unregister("following")
    own = decide_pairs(scores, sides, judgements=judged_pairs(con, run), options=run.engine)
    return follow(decided, own, options=run.engine)


def encode_sides(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Make `encoded_columns` from worker rows and registry persons."""
    workers = _under_own_names(con, _person_rows(con, "role in ('worker', 'self_report')"))
    persons = con.execute(
        "select registry_id as row_id, name, sex, birth_date, id_number, phones "
        "from registry_persons order by registry_id"
    ).to_arrow_table()
    left, right, model = fitted(workers, persons, model_of(run.settings))
    make(con, "encoded_columns", side_bytes(encode_rows(left, right, model, threads=run.engine.threads)))


def _sides(con: duckdb.DuckDBPyConnection, run: RunContext) -> EncodedSides:
    """Both sides as they were encoded."""
    rows = con.execute("select side, name, content from encoded_columns").fetchall()
    return sides_of(rows, model_of(run.settings))


def _under_own_names(con: duckdb.DuckDBPyConnection, workers: pa.Table) -> pa.Table:
    """The worker rows; one that names somebody of the registry by another of their names bears the registry's."""
    own = (
        con.execute(query_text("flows.matching", "former_names.sql")).to_arrow_table()
        if count(con, "other_names")
        else None
    )
    if own is None or not own.num_rows:
        return workers
    place = pc.index_in(workers["row_id"], own["row_key"].combine_chunks())
    names = pc.coalesce(own["name"].take(place), workers["name"])
    return workers.set_column(workers.schema.get_field_index("name"), "name", names)


def _person_rows(con: duckdb.DuckDBPyConnection, condition: str) -> pa.Table:
    return con.execute(
        "select row_key as row_id, * exclude (row_key, source, file, sheet, row, record_id) "
        f"from person_rows where {condition} order by row_key"
    ).to_arrow_table()
