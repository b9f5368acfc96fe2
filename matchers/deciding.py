"""One row per scored pair with its decision: link, review or reject, the rule that decided and a Chinese sentence."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from matchers.comparable import load_sides
from matchers.engine import embedded, sql
from matchers.model import COMPARISONS, NULL_LEVEL, LinkageModel

_WORDS = {
    "full": "全号", "first15": "前15位", "head6_tail4": "前6位和后4位", "head3_tail4": "前3位和后4位", "tail4": "后4位",
}  # fmt: skip

JUDGEMENTS = pa.schema([("left_id", pa.int64()), ("right_id", pa.int64()), ("verdict", pa.string())])
"""A person's word on a pair: verdict `link` or `not_link`."""

_TIERS = pa.schema(
    [(name, pa.string()) for name in (*COMPARISONS, "tier", "decision", "match_class", "doubt", "sentence")]
    + [
        (name, pa.bool_())
        for name in ("needs_probability", "needs_review_probability", "needs_own_phone", "needs_single_owner")
    ]
)

_SETTLE_CONFLICTING_IDS = """
    update decided set
        decision = 'review', match_class = null, doubt = 'conflict', rule = 'rows_with_different_ids',
        reason = reason || '；但同一党员名下有两行不同的身份证号，请核对'
    where decision = 'link' and match_class = 'strong' and right_id in (
        select d.right_id from decided d join left_rows l on l.id = d.left_id
        where d.decision = 'link' and l.id_full is not null
        group by d.right_id having count(distinct l.id_full) > 1)
"""

Pattern = tuple[str, ...]
"""Level names in the order of COMPARISONS."""


def all_patterns(model: LinkageModel) -> list[Pattern]:
    """Every pattern of levels the model can show; some thousands."""
    return list(itertools.product(*([NULL_LEVEL, *model.comparisons[name]] for name in COMPARISONS)))


def patterns_of(scored: pa.Table) -> list[Pattern]:
    """The distinct patterns of levels of scored pairs, sorted."""
    levels = pa.table(dict(zip(COMPARISONS, scored["levels"].combine_chunks().flatten(), strict=True)))
    distinct = levels.group_by(list(COMPARISONS)).aggregate([]).to_pylist()
    return sorted(tuple(row[name] for name in COMPARISONS) for row in distinct)


def tier_table(model: LinkageModel, patterns: Iterable[Pattern]) -> pa.Table:
    """One row per pattern of levels with the tier that decides it."""
    rows: list[dict[str, str | bool | None]] = []
    for pattern in patterns:
        levels = dict(zip(COMPARISONS, pattern, strict=True))
        tier = model.tier_of(levels)
        words = {name: _WORDS.get(level, "部分") for name, level in levels.items()}
        rows.append(
            {
                **levels,
                "tier": tier.name,
                "decision": tier.decision,
                "match_class": tier.match_class,
                "doubt": tier.doubt,
                "sentence": tier.sentence.format_map(words),
                "needs_probability": tier.needs_probability,
                "needs_review_probability": tier.needs_review_probability,
                "needs_own_phone": tier.needs_own_phone,
                "needs_single_owner": tier.needs_single_owner,
            }
        )
    return pa.Table.from_pylist(rows, schema=_TIERS)


def decide_pairs(
    scored: pa.Table, left: pa.Table, right: pa.Table, model: LinkageModel, *, judgements: pa.Table | None = None
) -> pa.Table:
    """Decide every scored pair (relation `decided`), sorted by both ids.

    A person's judgement beats the score; a tier of the model is a ceiling over it; at most one person per left row.
    """
    tiers = tier_table(model, patterns_of(scored))
    words = judgements if judgements is not None else JUDGEMENTS.empty_table()
    with embedded(scored=scored, tiers=tiers, judgements=words) as con:
        load_sides(con, left, right)
        con.execute(sql("owners"))
        _settle(con, model)
        return con.execute("select * from decided order by left_id, right_id").to_arrow_table()


def _settle(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    con.execute(
        sql("decide"),
        {
            "link": model.link_probability,
            "review": model.review_probability,
            "margin": model.margin_bits,
            "shared_names": model.shared_phone_names,
            "per_row": model.reviews_per_row,
        },
    )
    con.execute(_SETTLE_CONFLICTING_IDS)
