"""What `sanzhao init` asks on a terminal where no option says it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Literal

from flows.home.first_day import REQUIRED, FirstDay, SourceSender, sender_of, source_named
from schemas.contracts import SourceContract

Given = tuple[str, list[str], list[str], list[str]]
"""District, sources that come, that never come, who answers for which: as the options say."""
Coming = Literal["comes", "never", "later"]
_LATER = re.compile("|以后.*|再说|later|3|不(清楚|知道|确定|好说).*|待定|暂(无|缺|时没有).*|目前没有.*|还没.*")
_NEVER = re.compile("[没无].*|不会.*|永远.*|从来?[不没].*|不(用|要|需).*|[nN].*|2")
_COMES = re.compile("有.*|会有.*|是.*|会|要|[yY].*|1")
_ANSWER_PATTERNS: Mapping[Coming, re.Pattern[str]] = {"later": _LATER, "never": _NEVER, "comes": _COMES}
_WORDS: Mapping[Coming, str] = {"comes": "会来的", "never": "永远不会有的", "later": "以后再说的"}


def interviewed_or_given(given: Given, contracts: Mapping[str, SourceContract], *, ask: bool) -> FirstDay:
    """The options, or the answers to questions where there are none, somebody is there, and it is still open."""
    district, comes, never, who = given
    if not any(given) and ask and sys.stdin.isatty():
        return _interview(contracts)
    return FirstDay(
        district.strip(),
        tuple(dict.fromkeys(source_named(entry, contracts) for entry in comes)),
        tuple(dict.fromkeys(source_named(entry, contracts) for entry in never)),
        dict(sender_of(entry, contracts) for entry in who),
    )


def coming(answer: str) -> Coming | None:
    """What an answer says of a source; null for one that says neither 有 nor 没有 nor 以后."""
    text = answer.strip()
    return next((result for result, pattern in _ANSWER_PATTERNS.items() if pattern.fullmatch(text)), None)


def _interview(contracts: Mapping[str, SourceContract]) -> FirstDay:
    print("先问几项，不清楚的直接回车，以后可在 config.toml 和各来源的 provenance.toml 里改。")
    district = _line("区（县）名称")
    said: dict[Coming, list[str]] = {"comes": [], "never": [], "later": []}
    senders: dict[str, SourceSender] = {}
    last = SourceSender()
    for name, contract in contracts.items():
        answer = "comes" if name == REQUIRED else _whether(f"{contract.title}（{name}）")
        said[answer].append(name)
        if answer == "comes":
            last = _sender(contract, last)
            senders[name] = last
    for answer, word in _WORDS.items():
        titles = "、".join(contracts[name].title for name in said[answer])
        print(f"{word}：{titles or '没有'}")
    return FirstDay(district, tuple(said["comes"]), tuple(said["never"]), senders)


def _whether(title: str) -> Coming:
    """Asked until it is understood: a source that is never waited for must have been said never to come."""
    answer = _line(f"{title}：有、没有（永远不会有），还是以后再说")
    while (result := coming(answer)) is None:
        answer = _line(f"没听懂“{answer[:10]}”，请答 有、没有 或 以后")
    return result


def _sender(contract: SourceContract, last: SourceSender) -> SourceSender:
    """Who answers for a source; an empty answer is the one given for the source before."""
    provider = _line(f"  {contract.title}由哪个单位提供（回车为{contract.department}）")
    given = {
        "owner": _again("本单位责任人", last.owner),
        "contact": _again("联系电话", last.contact),
        "approval_no": _again("批准文号", last.approval_no),
        "legal_basis": _again("法律依据，如：个人信息保护法第十三条第三项", last.legal_basis),
    }
    return SourceSender(provider=provider, **given)


def _again(prompt: str, last: str) -> str:
    return _line(f"  {prompt}" + (f"（回车同上：{last}）" if last else "")) or last


def _line(prompt: str) -> str:
    return input(f"{prompt}：").strip()
