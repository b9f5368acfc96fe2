"""How far the judgements and the rules can be trusted: blind second readings, known pairs, what streets found."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from reports.page import basis, paragraph, section, table
from reports.words import VERDICTS

_FEW = 30
"""Fewer pairs or answers than this are said to be few: the interval is wide."""

_LOST = "（当晚的说明已销毁，查不到规则）"


class Rate(BaseModel):
    """`right` of `of` with its 95 % Wilson interval; null where there is nothing to count."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    right: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


class Trust(BaseModel):
    """Counts up to a moment; names of reviewers are only in what the workbench shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    agreed: Rate
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    words: tuple[tuple[str, str, int], ...]
    """First word, second word, pairs."""
    readers: tuple[Rate, ...]
    """Agreement per two reviewers."""
    known: tuple[Rate, ...]
    """Words on known pairs that were right, per reviewer; the first is everybody's."""
    rules: tuple[Rate, ...]
    """Persons a street confirmed of those it answered on, per rule; a rule without a name could not be found."""

    def without_names(self) -> Trust:
        """The same for a page that leaves the workbench."""
        return self.model_copy(update={"readers": (), "known": self.known[:1]})


def trust_sections(trust: Trust, tiers: Mapping[str, str]) -> list[Markup]:
    """Three sections: agreement of blind readers, known pairs, confirmation per rule."""
    return [_agreement(trust), _known_pairs_section(trust), _rules(trust, tiers)]


def _agreement(trust: Trust) -> Markup:
    if not trust.agreed.of:
        return section("两人盲审的一致性", paragraph("还没有两人都判过的对子。"), anchor="agreement")
    kappa = "算不出（两人的答复都只有同一种）" if trust.kappa is None else f"{trust.kappa:.2f}"
    if trust.kappa_low is not None:
        kappa += f"（95% 区间 {trust.kappa_low:.2f}—{trust.kappa_high:.2f}）"
    rows = [("Cohen κ", kappa, ""), ("两人答复相同", _rate(trust.agreed), _few(trust.agreed.of))]
    rows += [(f"其中 {entry.name}", _rate(entry), _few(entry.of)) for entry in trust.readers]
    words = [(VERDICTS.get(first, first), VERDICTS.get(second, second), pairs) for first, second, pairs in trust.words]
    return section(
        "两人盲审的一致性",
        table(("项目", "结果", "说明"), rows),
        table(("先判的人", "后判的人", "对数"), words),
        basis("后判的人不知道前一人判过；κ 扣除了碰巧相同的部分，1 为完全一致，0 为和碰巧一样。两人不一致的重新打开。"),
        anchor="agreement",
    )


def _known_pairs_section(trust: Trust) -> Markup:
    rows = [(entry.name, _rate(entry), _few(entry.of)) for entry in trust.known if entry.of]
    return section(
        "答案已知的对子",
        table(("审核员", "判对", "说明"), rows) if rows else paragraph("还没有人判过答案已知的对子。"),
        basis("核对时混入少量答案已知的对子，判断不进一本账；答“不确定”不算对。它们的答案由证件号定，本来不难："
             "判错说明没有细看，判对只说明用心，不说明拿不准的对子也判得准。"),
        anchor="known",
    )  # fmt: skip


def _rules(trust: Trust, tiers: Mapping[str, str]) -> Markup:
    rows = [
        (tiers.get(rule.name, rule.name) or _LOST, rule.right, rule.of - rule.right, _rate(rule), _few(rule.of))
        for rule in trust.rules
    ]
    headers = ("关联所依的规则", "属实（人）", "非本人（人）", "属实的比例", "说明")
    return section(
        "镇街核查：各规则的属实率",
        table(headers, rows) if rows else paragraph("镇街还没有答复，或答复还没有经过一次夜间运行。"),
        basis("镇街答复是本人的（属实、已纳管、已离岗等）为属实，答复非本人的为否；同一人同一规则只计最近一次，"
             "别的答复不计。比例后为 95% 区间（Wilson）。"),
        anchor="confirmed",
    )  # fmt: skip


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "—"
    return f"{rate.right}/{rate.of}　{rate.rate:.1%}（{rate.low:.1%}—{rate.high:.1%}）"


def _few(of: int) -> str:
    return "数少，只供参考" if of < _FEW else ""
