"""One row per scored pair with its decision: link, review or reject, the rule that decided and a Chinese sentence."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.clusters import root_of
from matchers.evidence.candidates import take_pairs
from matchers.evidence.patterns import ceiling_table, patterns_of
from matchers.linkage.ceilings import Owners, Settling
from matchers.linkage.model import LinkModel
from matchers.linkage.tables import Sides
from matchers.relations import run_script, script

_NO_OWNERS = """
create or replace table pair_owners (la integer, ra integer, names bigint, persons bigint);
create or replace table value_of_another (la integer, ra integer)
"""

# Rows that become one with rows of another ID: a link by strong evidence between them cannot be right for all.
# groups: la, ra, grp: links and what they make one, a person of the right side or a cluster of one table's rows.
_TWO_VALUES = """
    update decided set
        decision = 'review', match_class = null, doubt = 'conflict', rule = 'rows_with_different_ids',
        reason = reason || $two_values
    where decision = 'link' and match_class = 'strong' and (la, ra) in (
        select g.la, g.ra from groups g where g.grp in (
            select grp from (
                select g.grp, {key_l} as k from groups g join l on l.seq = g.la
                union all
                select g.grp, {key_r} as k from groups g join r on r.seq = g.ra)
            where k is not null group by grp having count(distinct k) > 1))
"""


def decide(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides, judgements: pa.Table | None = None) -> None:
    """Make `decided` from `scored`: every pair with its decision.

    A person's judgement (left_id, right_id, verdict `link` or `not_link`) beats the score; a ceiling of the model
    stands over it; a row of a unique side has one partner at most.
    """
    settling = settling_of(model)
    levels = con.execute("select levels from scored").to_arrow_table()["levels"].combine_chunks()
    con.register("ceilings", ceiling_table(model, patterns_of(levels, model)))
    _take_judged(con, judgements)
    _count_owners(con, model, settling.owners)
    rivals = {"left": "la", "right": "ra"}[model.unique[0]] if model.unique and not sides.same else "la, ra"
    agree = " and ".join(f"t.{name} = s.levels.{name}" for name in model.comparisons)
    remarks = settling.remarks.model_dump(exclude={"two_values"})
    run_script(
        con,
        script("matchers.evidence", "decide.sql").replace("{agree}", agree).replace("{rivals}", rivals),
        {
            "link": model.link_probability,
            "review": model.review_probability,
            "margin": model.margin_bits,
            "most_names": settling.owners.most_names if settling.owners else 2,
            "per_row": settling.reviews_per_row,
            **remarks,
        },
    )
    if settling.one_value and settling.one_value.partition(".")[0] in model.columns:
        _keep_one_value(con, model, settling, same=sides.same)


def _keep_one_value(con: duckdb.DuckDBPyConnection, model: LinkModel, settling: Settling, *, same: bool) -> None:
    """Links by strong evidence wait for a person where they would make rows of two values (two full IDs) one."""
    links = con.execute("select la, ra from decided where decision = 'link' order by la, ra").to_arrow_table()
    groups = _clusters(links) if same else links["ra"]
    con.register("groups", links.append_column("grp", groups))
    column, _, form = (settling.one_value or "").partition(".")
    text = _TWO_VALUES
    for side in "lr":
        text = text.replace(f"{{key_{side}}}", model.kind(column).keys[form].replace("{c}", f"{side}.{column}"))
    con.execute(text, {"two_values": settling.remarks.two_values})
    con.unregister("groups")


def _clusters(links: pa.Table) -> pa.Array:
    """Per link the cluster it belongs to, by the smallest row of it."""
    pairs = list(zip(links["la"].to_pylist(), links["ra"].to_pylist(), strict=True))
    root = root_of(pairs)
    return pa.array([root(one) for one, _ in pairs], pa.int32())


def settling_of(model: LinkModel) -> Settling:
    """The model's way of settling; models are checked to have one where they have ceilings."""
    if model.settling is None:
        raise ValueError(f"model {model.name} has no ceilings to decide by")
    return model.settling


def _key(model: LinkModel, key: str | None) -> str | None:
    """SQL of a key over one row; null where the model, as fitted to the tables, has no such column."""
    column, _, form = (key or "").partition(".")
    return model.kind(column).keys[form].replace("{c}", column) if column in model.columns else None


def _take_judged(con: duckdb.DuckDBPyConnection, judgements: pa.Table | None) -> None:
    if judgements is None:
        con.execute("create or replace table judged (la integer, ra integer, verdict varchar)")
    else:
        take_pairs(con, "judged", judgements)


def _count_owners(con: duckdb.DuckDBPyConnection, model: LinkModel, owners: Owners | None) -> None:
    """Make `pair_owners` and `value_of_another`."""
    if owners is None or owners.value.partition(".")[0] not in model.comparisons:
        con.execute(_NO_OWNERS)
        return
    column, _, form = owners.value.partition(".")
    kind, whole_form = model.kind(column), owners.whole.partition(".")[2]
    value, whole = (kind.lists.get(one, f"[{kind.keys[one]}]") for one in (form, whole_form))
    sharing = [name for name, counted in kind.share_of.items() if counted in (form, whole_form)]
    names = owners.names.partition(".")[0]
    bearing = _key(model, owners.names) or "null"
    texts = {
        "value_l": value.replace("{c}", f"l.{column}"),
        "value_r": value.replace("{c}", f"r.{column}"),
        "value": value.replace("{c}", column),
        "whole_l": whole.replace("{c}", f"l.{column}"),
        "whole": whole.replace("{c}", column),
        "names": bearing,
        "named": f"{names}_kind = 1" if names in model.columns else "false",
        "sharing": _shows(column, sharing),
        "held": " or ".join(_shows(c, levels) for c, levels in owners.holder.items() if c in model.comparisons)
        or "false",
    }
    text = script("matchers.evidence", "owners.sql")
    for name, part in texts.items():
        text = text.replace("{" + name + "}", part)
    run_script(con, text)


def _shows(column: str, levels: tuple[str, ...] | list[str]) -> str:
    return f"s.levels.{column} in ({', '.join(repr(level) for level in levels)})"
