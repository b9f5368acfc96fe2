"""Suggested blocking rules as a person reads them, and as the section of a model file."""

from __future__ import annotations

import tomlkit

from matchers.training.suggest_blocking import Candidate, Suggestion

_MOST_OTHERS = 12


def table_lines(found: Suggestion) -> list[str]:
    """The chosen rules in order, then the others that find most."""
    chosen = [one for one in found.candidates if one.chosen]
    others = [one for one in found.candidates if not one.chosen]
    return [
        f"估计真对 {found.matches:,.0f}；推荐 {len(chosen)} 条规则，共约 {found.pairs:,} 对（上限 {found.budget:,}），"
        f"找到其中 {found.recall:.2%}",
        "",
        "      对数    找到    少了它会漏  规则",
        *(_line(one) for one in chosen),
        *(["", "没有选的（多出来的真对太少，或太费）："] if others else []),
        *(_line(one) for one in others[:_MOST_OTHERS]),
        *([f"……另有 {len(others) - _MOST_OTHERS} 条"] if len(others) > _MOST_OTHERS else []),
        "",
    ]


def _line(one: Candidate) -> str:
    return f"{one.pairs:>10,}  {one.recall:>6.2%}  {one.lost:>8.2%}    {one.rule}  [{'、'.join(one.keys)}]"


def section_text(found: Suggestion) -> str:
    """`[blocking]`, each rule with what it brings as a remark."""
    section = tomlkit.table()
    for one in found.candidates:
        if one.chosen:
            section.add(one.rule, list(one.keys))
            section[one.rule].comment(f"约 {one.pairs:,} 对，找到 {one.recall:.2%}，少了它会漏 {one.lost:.2%}")
    document = tomlkit.document()
    document.add(
        tomlkit.comment(f"由 sanzhao train --suggest-blocking 推荐，共约 {found.pairs:,} 对，找到 {found.recall:.2%}")
    )
    document.add("blocking", section)
    return tomlkit.dumps(document)
