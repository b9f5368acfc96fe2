"""Suggested blocking rules as a person reads them, and as the section of a model file."""

from __future__ import annotations

import tomlkit

from matchers.training.suggest_blocking import Candidate, Suggestion

_MOST_OTHERS = 12


def table_lines(suggestion: Suggestion) -> list[str]:
    """The chosen rules in order, then the others that find most."""
    chosen = [candidate for candidate in suggestion.candidates if candidate.chosen]
    others = [candidate for candidate in suggestion.candidates if not candidate.chosen]
    return [
        f"估计真对 {suggestion.matches:,.0f}；推荐 {len(chosen)} 条规则，"
        f"共约 {suggestion.pairs:,} 对（上限 {suggestion.budget:,}），找到其中 {suggestion.recall:.2%}",
        "",
        "      对数    找到    少了它会漏  规则",
        *(_line(candidate) for candidate in chosen),
        *(["", "没有选的（多出来的真对太少，或太费）："] if others else []),
        *(_line(other) for other in others[:_MOST_OTHERS]),
        *([f"……另有 {len(others) - _MOST_OTHERS} 条"] if len(others) > _MOST_OTHERS else []),
        "",
    ]


def _line(candidate: Candidate) -> str:
    figures = f"{candidate.pairs:>10,}  {candidate.recall:>6.2%}  {candidate.lost:>8.2%}"
    return f"{figures}    {candidate.rule}  [{'、'.join(candidate.keys)}]"


def section_text(suggestion: Suggestion) -> str:
    """`[blocking]`, each rule with what it brings as a remark."""
    section = tomlkit.table()
    for candidate in suggestion.candidates:
        if candidate.chosen:
            section.add(candidate.rule, list(candidate.keys))
            section[candidate.rule].comment(
                f"约 {candidate.pairs:,} 对，找到 {candidate.recall:.2%}，少了它会漏 {candidate.lost:.2%}"
            )
    document = tomlkit.document()
    document.add(
        tomlkit.comment(
            f"由 sanzhao train --suggest-blocking 推荐，共约 {suggestion.pairs:,} 对，找到 {suggestion.recall:.2%}"
        )
    )
    document.add("blocking", section)
    return tomlkit.dumps(document)
