"""`sanzhao why`: why two rows of two tables are linked or not, and what it would take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.linking import LeftArgument, MemoryOption, ModelOption, engine_options, load_model

if TYPE_CHECKING:
    from matchers.engines.why import Lacking, Why
    from matchers.model.link_model import LinkModel

_SHOWN_BY_ID = "证件号已显示，或一方未填"
_DECISIONS = {"link": "关联", "review": "待核", "reject": "不是（另有更相符的）", None: "不关联，也不列出"}


def why(
    left: LeftArgument,
    right: Annotated[Path, typer.Argument(metavar="RIGHT", help="右表", show_default=False)],
    model: ModelOption,
    left_key: Annotated[str, typer.Option("--left-key", help="左表那一行的编号", show_default=False)],
    right_key: Annotated[str, typer.Option("--right-key", help="右表那一行的编号", show_default=False)],
    left_id: Annotated[str, typer.Option("--left-id", help="左表的编号列")] = "row_id",
    right_id: Annotated[str, typer.Option("--right-id", help="右表的编号列")] = "row_id",
    memory: MemoryOption = "4GB",
    as_json: Annotated[bool, typer.Option("--json", help="写成 JSON")] = False,
) -> None:
    """两张表里的这两行为什么连上、没连上，逐项分值，还差什么。"""
    from flows.tabular import open_table
    from flows.tabular.people_cells import people_reading
    from matchers.linking import why as asked

    chosen = load_model(model)
    with engine_options(memory) as options:
        result = asked(
            open_table(left), open_table(right), chosen, ids=(left_id, right_id), pair=(left_key, right_key),
            reading=people_reading, options=options,
        )  # fmt: skip
    print(json.dumps(asdict(result), ensure_ascii=False, indent=2) if as_json else "\n".join(lines(result, chosen)))


Word = Callable[[str], str]


def _words(kind: str) -> Word:
    """The Chinese word of a code; a code of somebody's own model stands for itself."""
    from schemas.words import words

    known = words(kind)
    return lambda code: known.get(code, code)


def lines(result: Why, model: LinkModel) -> list[str]:
    """What is to be said, in Chinese, without any cell of the tables."""
    level, field, rule = (_words(kind) for kind in ("levels", "fields", "rules"))
    columns = [
        f"  {field(column)}：{_SHOWN_BY_ID if at == 'null' and column in model.implied else level(at)}，"
        f"{result.bits[column]:+.1f} 位"
        for column, at in result.levels.items()
    ]
    told = [
        f"结论：{_DECISIONS[result.decision]}" + (f"（{result.reason}）" if result.reason else ""),
        f"分值：{result.match_weight:.1f} 位，多 1 位是可能性翻一倍（先验 {result.prior:+.1f} 位，加上各项）",
        *columns,
        "找到它的分组规则：" + ("、".join(map(rule, result.found_by)) or "没有，比对时不会把这两行放在一起"),
    ]
    if not result.found_by:
        told += [f"  {rule(name)}：两行的 {'、'.join(keys)} 不都相同" for name, keys in result.not_found_by.items()]
    told += _what_it_takes(result, model, field, level)
    told += [
        f"同一行另有：{rival.left_id} 与 {rival.right_id}，{_DECISIONS[rival.decision]}，{rival.match_weight:.1f} 位"
        for rival in result.rivals
    ]
    return told


def _what_it_takes(result: Why, model: LinkModel, field: Word, level: Word) -> list[str]:
    if result.decision == "link":
        return []
    told = []
    if result.to_link > 0:
        told.append(f"离直接关联还差 {result.to_link:.1f} 位" + (
            f"，离待核还差 {result.to_review:.1f} 位" if result.to_review > 0 else ""
        ))  # fmt: skip
    if result.tier is not None:
        tier = next(tier for tier in model.evidence_tiers if tier.name == result.tier)
        told.append(f"判定门槛 {result.tier}：最多到“{_DECISIONS[tier.decision]}”")
    told += [
        f"若要按 {entry.tier} 关联，还要：{_needs(entry, field, level)}" for entry in result.lacking if entry.needs
    ]
    return told


def _needs(entry: Lacking, field: Word, level: Word) -> str:
    return "；".join(f"{field(column)}{'或'.join(map(level, wanted))}" for column, wanted in entry.needs.items())
