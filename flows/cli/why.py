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
        found = asked(
            open_table(left), open_table(right), chosen, ids=(left_id, right_id), pair=(left_key, right_key),
            reading=people_reading, options=options,
        )  # fmt: skip
    print(json.dumps(asdict(found), ensure_ascii=False, indent=2) if as_json else "\n".join(lines(found, chosen)))


Word = Callable[[str], str]


def _words(kind: str) -> Word:
    """The Chinese word of a code; a code of somebody's own model stands for itself."""
    from schemas.words import words

    known = words(kind)
    return lambda code: known.get(code, code)


def lines(found: Why, model: LinkModel) -> list[str]:
    """What is to be said, in Chinese, without any cell of the tables."""
    level, field, rule = (_words(kind) for kind in ("levels", "fields", "rules"))
    columns = [
        f"  {field(column)}：{_SHOWN_BY_ID if at == 'null' and column in model.implied else level(at)}，"
        f"{found.bits[column]:+.1f} 位"
        for column, at in found.levels.items()
    ]
    told = [
        f"结论：{_DECISIONS[found.decision]}" + (f"（{found.reason}）" if found.reason else ""),
        f"分值：{found.match_weight:.1f} 位，多 1 位是可能性翻一倍（先验 {found.prior:+.1f} 位，加上各项）",
        *columns,
        "找到它的分组规则：" + ("、".join(map(rule, found.found_by)) or "没有，比对时不会把这两行放在一起"),
    ]
    if not found.found_by:
        told += [f"  {rule(name)}：两行的 {'、'.join(keys)} 不都相同" for name, keys in found.not_found_by.items()]
    told += _what_it_takes(found, model, field, level)
    told += [
        f"同一行另有：{one.left_id} 与 {one.right_id}，{_DECISIONS[one.decision]}，{one.match_weight:.1f} 位"
        for one in found.rivals
    ]
    return told


def _what_it_takes(found: Why, model: LinkModel, field: Word, level: Word) -> list[str]:
    if found.decision == "link":
        return []
    told = []
    if found.to_link > 0:
        told.append(f"离直接关联还差 {found.to_link:.1f} 位" + (
            f"，离待核还差 {found.to_review:.1f} 位" if found.to_review > 0 else ""
        ))  # fmt: skip
    if found.tier is not None:
        tier = next(one for one in model.evidence_tiers if one.name == found.tier)
        told.append(f"判定门槛 {found.tier}：最多到“{_DECISIONS[tier.decision]}”")
    told += [f"若要按 {one.tier} 关联，还要：{_needs(one, field, level)}" for one in found.lacking if one.needs]
    return told


def _needs(one: Lacking, field: Word, level: Word) -> str:
    return "；".join(f"{field(column)}{'或'.join(map(level, wanted))}" for column, wanted in one.needs.items())
