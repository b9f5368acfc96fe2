"""What `sanzhao init` asks on a terminal where no option says it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from flows.home.first_day import REQUIRED, FirstDay, Sender, sender_of, source_named
from schemas.contracts import SourceContract

Given = tuple[str, list[str], list[str], list[str]]
"""District, sources that come, that never come, who answers for which: as the options say."""


def asked_or_given(given: Given, contracts: Mapping[str, SourceContract], *, ask: bool) -> FirstDay:
    """The options, or the answers to questions where there are none, somebody is there, and it is still open."""
    district, comes, never, who = given
    if not any(given) and ask and sys.stdin.isatty():
        return _asked(contracts)
    return FirstDay(
        district.strip(),
        tuple(dict.fromkeys(source_named(one, contracts) for one in comes)),
        tuple(dict.fromkeys(source_named(one, contracts) for one in never)),
        dict(sender_of(one, contracts) for one in who),
    )


def _asked(contracts: Mapping[str, SourceContract]) -> FirstDay:
    print("先问几项，不清楚的直接回车，以后可在 config.toml 和各来源的 provenance.toml 里改。")
    district = _line("区（县）名称")
    comes, never, senders = [], [], {}
    for name, one in contracts.items():
        word = "有" if name == REQUIRED else _line(f"{one.title}（{name}）：有、没有（永远不会有），还是以后再说")
        if word.startswith(("没", "无")):
            never.append(name)
            continue
        if word.startswith(("有", "是", "y", "Y")):
            comes.append(name)
            provider = _line(f"  {one.title}由哪个单位提供（回车为{one.department}）")
            senders[name] = Sender(provider, _line("  本单位责任人"), _line("  联系电话"), _line("  批准文号"))
    return FirstDay(district, tuple(comes), tuple(never), senders)


def _line(prompt: str) -> str:
    return input(f"{prompt}：").strip()
