"""Scored pairs decided on Spark: by weight alone as windows over the rows of either side, under evidence tiers by the
embedded engine's function over all pairs of a row and a window over the rows that would become one."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from matchers.deciding.settling import Decision, Judgement, strong_tiers, unique_key_of_cluster
from matchers.deciding.thresholds import decision_sql
from matchers.engines.pair_columns import DECISIONS
from matchers.engines.spark import settled as tiers
from matchers.engines.spark import weighing
from matchers.engines.spark.components import components
from matchers.engines.spark.setting import Setting
from matchers.weighing.score import log_odds

Frame = Any
KEPT = "left_id, right_id, la, ra, pattern, match_weight, rules"
TIERS = "tier, judged, remark, mixed"
_DDL = f"{weighing.DDL}, tier bigint, decision bigint, remark bigint"
_LINK = f"decision = {int(Decision.LINK)}"


def decided(spark: Any, setting: Setting, scored: Frame) -> Frame:
    """The decided pairs: KEPT and `decision` (its place in DECISIONS), under evidence tiers TIERS too."""
    if not setting.model.evidence_tiers:
        return _by_weight(spark, setting, scored)
    return _with_one_value(spark, setting, _settled(setting, scored))


def links(decided: Frame) -> Frame:
    """Rows of pairs that link: one, other."""
    return decided.where(_LINK).select("la", "ra").toDF("one", "other")


def first_links(spark: Any, setting: Setting, scored: Frame) -> Frame:
    """Pairs of one table that link before rows are known to be one entity: one, other."""
    if setting.model.evidence_tiers:
        return links(decided(spark, setting, scored))
    least = log_odds(setting.model.link_probability)
    return scored.where(f"match_weight >= {least!r}D").select("la", "ra").toDF("one", "other")


def _settled(setting: Setting, scored: Frame) -> Frame:
    def settle(rows: pa.Table) -> pa.Table:
        return tiers.settled(setting, rows)

    return scored.groupBy("place").applyInArrow(settle, _DDL)


def _with_one_value(spark: Any, setting: Setting, settled: Frame) -> Frame:
    """Links by strong evidence wait for a person where rows that would become one show two values."""
    if unique_key_of_cluster(setting.model) is None:
        return settled.selectExpr(*KEPT.split(", "), "decision", "tier", "judged", "remark", "false as mixed")
    if not setting.same:
        grouped = settled.withColumnRenamed("ra", "root").selectExpr("*", "root as ra")
    else:
        settled = settled.persist()
        roots = components(spark, setting, links(settled))
        grouped = spark.sql(
            "select pairs.*, coalesce(roots.root, pairs.la) as root "
            "from {pairs} pairs left join {roots} roots on pairs.la = roots.row",
            pairs=settled, roots=roots,
        )  # fmt: skip
    strong = ", ".join(map(str, [-1, *strong_tiers(setting.model)]))
    return spark.sql(
        f"select {KEPT}, case when mixed then {int(Decision.REVIEW)} else decision end as decision, {TIERS} from ("
        f"select *, coalesce({_LINK} and tier in ({strong}) and judged <> {int(Judgement.LINK)} "
        "and least(min(own) over rows, min(other) over rows) <> greatest(max(own) over rows, max(other) over rows), "
        "false) as mixed from ("
        f"select *, case when {_LINK} and left_value <> 0 then left_value end as own, "
        f"case when {_LINK} and right_value <> 0 then right_value end as other from {{pairs}}) "
        "window rows as (partition by root))",
        pairs=grouped,
    )


def _by_weight(spark: Any, setting: Setting, scored: Frame) -> Frame:
    """Thresholds, margins and one partner at most on a unique side; what a person judged stands, and what would take a
    partner that is given away is rejected."""
    model = setting.model
    limits = f"select {log_odds(model.link_probability)!r}D as least_link, {model.margin_bits!r}D as margin"
    rows = scored.repartition("la").dropDuplicates(["la", "ra"])
    link, none = int(Judgement.LINK), int(Judgement.NONE)
    sides = [] if setting.same else [{"left": "la", "right": "ra"}[side] for side in model.unique]
    given = " or ".join(f"max(judged = {link}) over (partition by {row})" for row in sides) or "false"
    of_person = (
        f"select {KEPT}, case when judged = {link} then 'link' else 'reject' end as decision "
        f"from judgements where judged <> {none} or given"
    )
    source = f"with limits as ({limits}), "
    if setting.judged is None:
        source += "scored as (select * from {scored}) "
        made = decision_sql(model, KEPT, same=setting.same)
    else:
        source += (
            f"judgements as (select *, {given} as given from {{scored}}), "
            f"scored as (select * from judgements where judged = {none} and not given) "
        )
        made = f"({decision_sql(model, KEPT, same=setting.same)}) union all {of_person}"
    names = ", ".join(f"'{name}'" for name in DECISIONS)
    place = f"cast(array_position(array({names}), decision) as bigint) - 1 as decision"
    return spark.sql(f"{source} select {KEPT}, {place} from ({made})", scored=rows)
