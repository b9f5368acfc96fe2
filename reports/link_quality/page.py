"""链接质量.html: weights, scores with thresholds, rows beyond linking, yields of rules, drift since last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2

from markupsafe import Markup

from matchers.model.link_model import LinkModel
from reports.charts import BLUE, ORANGE, SKY, BarPart, Chart, bars, histogram, stacked
from reports.link_quality.figures import LinkFigures
from reports.link_quality.trust import trust_sections
from reports.page import NOTICE, Figure, basis, cards, drill, page, paragraph, section, table
from reports.plain import plain_sentence
from reports.words import FIELDS, LEVELS, RULES
from schemas.words import words

DECISIONS = {"link": "关联", "review": "待核对", "reject": "排除"}
OTHER_TIER = "其他规则"
_BIN = 2
_ALARM = 0.2
"""A share of links that moved by more than this is told first."""


@dataclass(frozen=True)
class LinkQuality:
    """What the page is made of."""

    now: LinkFigures
    before: LinkFigures | None
    model: LinkModel
    district: str
    sources: Mapping[str, str]


def link_quality_page(facts: LinkQuality) -> bytes:
    """The page; the same run gives the same bytes."""
    now, old = facts.now, facts.before
    against = f"与版本 {old.version} 相比" if old else "没有上一次可比"
    under = f"{facts.district}　数据日期 {now.as_of}　版本 {now.version}　{against}　{NOTICE}　供分析员用"
    trust = trust_sections(now.trust, tier_titles(facts.model)) if now.trust else []
    body = (
        _key_figures(facts),
        _drift(facts),
        _scores(facts),
        _weights(facts),
        _unlinkable(facts),
        _rules(facts),
        *trust,
    )
    return page("链接质量", under, body)


def _key_figures(facts: LinkQuality) -> Markup:
    now, old = facts.now.decisions(), facts.before.decisions() if facts.before else None
    figures = [
        Figure(f"{DECISIONS[name]}的对子", count, old[name] if old else None, "打过分的候选对", "scores", "对")
        for name, count in now.items()
    ]
    figures += [
        Figure(title, _sum(facts.now.rows, column), _sum(facts.before.rows, column) if facts.before else None,
               "从业数据与本人报到的行", "unlinkable", "行")
        for title, column in (("从业数据行", "rows"), ("其中无法关联", "unlinkable"))
    ]  # fmt: skip
    return cards(figures) + basis(
        f"模型 {facts.model.name} {facts.model.version}：关联概率 ≥ {facts.model.link_probability}，"
        f"核对概率 ≥ {facts.model.review_probability}，两名候选相差不到 {facts.model.margin_bits:g} 比特的交人核对；"
        "分值之上还有证据门槛，分再高也越不过。"
    )


def _drift(facts: LinkQuality) -> Markup:
    """What moved since last time, in shares so that a larger delivery is no drift."""
    if facts.before is None:
        return section("与上次相比", paragraph("第一次运行，下次起与这一次比较。"), anchor="drift")
    now, old = facts.now, facts.before
    rows = [*_moves("判定", _shares(now.tiers, "decision"), _shares(old.tiers, "decision"), DECISIONS)]
    rows += _moves("找到它的规则（占关联）", _yields(now), _yields(old), RULES)
    for source in facts.sources:
        new_share, old_share = _linked_share(now, source), _linked_share(old, source)
        if new_share is not None and old_share is not None:
            rows.append((f"关联率：{facts.sources[source]}", f"{new_share:.1%}", f"{old_share:.1%}",
                         f"{(new_share - old_share) * 100:+.1f}"))  # fmt: skip
    told_first = [
        paragraph(f"{name}：由 {was} 到 {is_now}，请核对来源与模型", kind="warn")
        for name, is_now, was, _ in rows
        if _jumped(is_now, was)
    ]
    model = "" if now.model == old.model else paragraph(f"模型由 {old.model} 换成 {now.model}，分值不宜直接相比。")
    headers = ("项目", "本次", "上次", "相差（百分点）")
    return section(
        "与上次相比",
        model,
        *told_first,
        table(headers, rows),
        basis("都是占比，不受行数多少影响"),
        anchor="drift",
    )


def _jumped(now: str, was: str) -> bool:
    new, old = float(now.rstrip("%")), float(was.rstrip("%"))
    return old >= 1 and abs(new - old) / old > _ALARM and abs(new - old) > 1


def _shares(rows: Iterable[Mapping[str, object]], by: str) -> dict[str, float]:
    shares: dict[str, int] = {}
    for row in rows:
        shares[str(row[by])] = shares.get(str(row[by]), 0) + int(str(row["pairs"]))
    total = sum(shares.values()) or 1
    return {name: count / total for name, count in shares.items()}


def _yields(figures: LinkFigures) -> dict[str, float]:
    links = figures.decisions()["link"] or 1
    return {str(row["rule"]): int(row["links"]) / links for row in figures.rules}


def _moves(
    kind: str, now: Mapping[str, float], old: Mapping[str, float], titles: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    return [
        (f"{kind}：{titles.get(name, name)}", f"{now.get(name, 0):.1%}", f"{old.get(name, 0):.1%}",
         f"{(now.get(name, 0) - old.get(name, 0)) * 100:+.1f}")
        for name in sorted({*now, *old})
    ]  # fmt: skip


def _linked_share(figures: LinkFigures, source: str) -> float | None:
    result = next((row for row in figures.rows if row["source"] == source), None)
    return int(result["linked"]) / int(result["rows"]) if result and result["rows"] else None


def _scores(facts: LinkQuality) -> Markup:
    kept = [row for row in facts.now.bins if row["decision"] in DECISIONS]
    order = sorted(kept, key=lambda row: (list(DECISIONS).index(row["decision"]), row["bin"]))
    parts = [BarPart(str(row["bin"]), float(row["pairs"]), DECISIONS[row["decision"]]) for row in order]
    lines = {"核对线": _bits(facts.model.review_probability), "关联线": _bits(facts.model.link_probability)}
    chart = Chart("总分分布与判定线", unit="对", width=860)
    drawn = histogram(chart, parts, lines, width=_BIN, axis="总分（比特）") if parts else None
    titles = tier_titles(facts.model)
    tiers = [
        (DECISIONS.get(row["decision"], row["decision"]), titles.get(row["rule"], OTHER_TIER), row["pairs"])
        for row in facts.now.tiers
    ]
    return section(
        "总分分布与判定线", drawn or paragraph("（没有打过分的对子）"),
        basis(f"每格 {_BIN} 比特，两端并入最外一格；分数之上还有证据门槛，高分也可能待核对或排除。"),
        drill("按判定规则看", table(("判定", "规则", "对数"), tiers)), anchor="scores",
    )  # fmt: skip


def _bits(probability: float) -> float:
    return log2(probability / (1 - probability))


def _weights(facts: LinkQuality) -> Markup:
    known = [row for row in facts.now.levels if row["level"] != "null"]
    order = sorted(known, key=lambda row: (list(FIELDS).index(row["comparison"]), -row["mean_bits"]))
    names = [(f"{FIELDS[row['comparison']]}：{LEVELS.get(row['level'], row['level'])}", row) for row in order]
    rows = [
        (name, row["mean_bits"], row["least_bits"], row["most_bits"], row["pairs"], row["links"]) for name, row in names
    ]
    parts = [BarPart(name, float(row["mean_bits"])) for name, row in names]
    svg = bars(Chart("各级平均分值", unit="比特", width=560, digits=1), parts) if parts else ""
    return section(
        "分值", svg, basis("正分支持是同一人，负分反对；同一级的分值因值的稀有程度而不同，这里取平均。未填记 0 分。"),
        drill("逐级看", table(("比较与级别", "平均", "最低", "最高", "对数", "其中关联"), rows)), anchor="weights",
    )  # fmt: skip


def _unlinkable(facts: LinkQuality) -> Markup:
    kinds = {"可直接关联": "linkable", "只够交人核对": "by_person", "无法关联": "unlinkable"}
    names = {row["source"]: facts.sources.get(row["source"], row["source"]) for row in facts.now.rows}
    parts = [
        BarPart(names[row["source"]], float(row[column]), kind)
        for row in facts.now.rows
        for kind, column in kinds.items()
    ]
    colours = dict(zip(kinds, (BLUE, SKY, ORANGE), strict=True))
    svg = stacked(Chart("各来源的行还看得出多少", unit="行", width=560), parts, colours=colours) if parts else ""
    rows = [
        (
            names[row["source"]],
            *(row[name] for name in ("rows", "linkable", "by_person", "unlinkable", "linked", "waiting")),
        )
        for row in facts.now.rows
    ]
    headers = ("来源", "行数", "可直接关联", "只够核对", "无法关联", "已关联", "待核对")
    return section(
        "看得出多少", svg, table(headers, rows),
        basis("全名加一项强证据（证件前6后4或前15位、手机前3后4）可直接关联；全名加出生日期或证件后4位、"
             "或姓名打码而有两项强证据的，只够交人核对；其余看不出是谁。多数人本来就不是党员，关联率低不等于差。"),
        anchor="unlinkable",
    )  # fmt: skip


def tier_titles(model: LinkModel) -> dict[str, str]:
    """Evidence tier: its Chinese title; the model's own sentence, or the word of a tier that the code settles by."""
    return {**words("tiers"), **{tier.name: plain_sentence(tier.sentence) for tier in model.evidence_tiers}}


def _rules(facts: LinkQuality) -> Markup:
    rows = [
        (RULES.get(row["rule"], OTHER_TIER), row["pairs"], row["links"], row["reviews"], row["links_alone"])
        for row in facts.now.rules
    ]
    headers = ("找候选的规则", "打过分的对", "其中关联", "其中待核对", "只有它找到的关联")
    return section(
        "各规则的收效",
        table(headers, rows),
        basis("一对可由几条规则找到；最后一栏为零的，去掉它这一次不会少关联"),
        anchor="rules",
    )


def _sum(rows: Iterable[Mapping[str, object]], column: str) -> int:
    return sum(int(str(row[column])) for row in rows)
