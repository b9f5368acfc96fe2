"""情况报告.html: key figures with their change, the funnel, coverage, waiting work and data quality, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import BLUE, SKY, VERMILION, YELLOW, BarPart, Chart, bars, stacked
from reports.page import NOTICE, Figure, basis, cards, drawn, drill, moved, page, paragraph, section, table, two
from reports.plain import plain_lines
from reports.situation.figures import Figures
from reports.summary import RunSummary
from reports.words import DOUBTS, STATUS_TITLES
from reports.workbook.quality import quality_rows
from schemas.drift import SourceQuality
from schemas.policy import Policy

WORKBOOK = "一本账.xlsx"
_MOST, _FEW = 6, 3
"""Bars of a chart and lines of a table shown at once, so that the whole fits one A4 page; the rest can be opened."""
_KINDS = {"单独组建": BLUE, "联合组建": SKY, "镇街兜底": YELLOW, "未覆盖": VERMILION}


@dataclass(frozen=True)
class Situation:
    """What the page is made of."""

    now: Figures
    before: Figures | None
    summary: RunSummary
    policy: Policy
    qualities: Mapping[str, SourceQuality]
    last_qualities: Mapping[str, SourceQuality]


def situation_page(facts: Situation) -> bytes:
    """The page; the same version gives the same bytes."""
    summary = facts.summary
    against = f"与上一版 {summary.previous_version} 相比" if facts.before else "没有上一版可比"
    under = f"{summary.district}　数据日期 {summary.as_of.isoformat()}　版本 {summary.version}　{against}　{NOTICE}"
    body = (
        cards(_figures(facts)),
        basis("均为线索，核实后才算数。点每个数字看分解；人员名单在同一文件夹的 一本账.xlsx，口径在它的末页。"),
        two(_funnel(facts), _statuses(facts)),
        _coverage(facts),
        two(_sums_section(facts), _waiting(facts) + _changes(facts)),
        _quality(facts),
    )
    return page("三找一本账情况报告", under, body)


def _figures(facts: Situation) -> list[Figure]:
    now, old = facts.now, facts.before
    return [
        Figure("在账人数", now.persons, old.persons if old else None, "一本账的行数，一人一行", "statuses"),
        Figure("第一找：找到党员", now.searches["search_1"], old.searches["search_1"] if old else None,
               "从业记录与名册对上的人", "funnel"),
        Figure("第二找：找到新就业", now.searches["search_2"], old.searches["search_2"] if old else None,
               "从业记录、名册岗位或本人报到表明从业的在册党员", "funnel"),
        Figure("第三找：有接收组织", now.hosted, old.hosted if old else None, "按顺位找到接收组织的人", "coverage"),
        Figure("待核查线索", now.total("waiting"), old.total("waiting") if old else None,
               "状态为线索、待核查的，一人可有几条", "waiting", "条"),
        Figure("已答复线索", now.total("answered"), old.total("answered") if old else None,
               "已确认、已纳管或排除的", "waiting", "条"),
        Figure("待人工核对", _pairs(now), _pairs(old) if old else None, "机器拿不准的一对记录", "waiting", "对"),
    ]  # fmt: skip


def _pairs(figures: Figures) -> int:
    return sum(int(row["pairs"]) for row in figures.rows("waiting"))


def _funnel(facts: Situation) -> Markup:
    summary, now = facts.summary, facts.now
    linked = sum(line.rows for line in summary.links)
    with_lead = now.persons - now.status("N0", "first") - now.objections
    steps = [
        ("报来的行", sum(line.rows_in for line in summary.sources)),
        ("读取的行", sum(line.accepted for line in summary.sources)),
        ("关联上的从业记录", linked),
        ("在账的人", now.persons),
        ("有线索的人", with_lead),
        ("已答复的线索", now.total("answered")),
    ]
    chart = bars(Chart("从报来的行到线索", unit="行 / 人 / 条", width=300), [BarPart(*step) for step in steps])
    rows = [(line.title, line.rows_in, line.accepted, line.quarantined, line.note) for line in summary.sources]
    return section(
        "从数据到线索",
        chart,
        basis("行：报送文件中的数据行；在账的人含在册党员与自报未核的人；“正常在册”没有线索；异议中的不计。"),
        drill("按来源看", table(("来源", "行数", "读取", "退回", "说明"), rows)),
        anchor="funnel",
    )


def _statuses(facts: Situation) -> Markup:
    now, old = facts.now, facts.before
    rows = []
    for code in facts.policy.statuses.order:
        count = now.status(code)
        change = moved(count, old.status(code) if old else None)
        states = [now.status(code, column) for column in ("waiting", "confirmed", "excluded")]
        rows.append((f"{code} {STATUS_TITLES.get(code, code)}", count, change, now.status(code, "first"), *states))
    headers = ("状态（可兼有）", "人数", "变化", "主状态", "待核查", "已确认", "排除")
    bases = table(("状态", "口径"), [(code, facts.policy.basis(code)) for code in facts.policy.statuses.order])
    held = f"另有 {now.objections:,} 人在异议中，状态暂不列出。" if now.objections else ""
    return section(
        "线索", table(headers, rows), basis(f"各状态由规则判定，规则版本 {facts.policy.version}。{held}"),
        drill("各状态的口径", bases), anchor="statuses",
    )  # fmt: skip


def _coverage(facts: Situation) -> Markup:
    now = facts.now
    streets = [row["street"] for row in now.rows("street")]
    rows = [
        (row["street"], row["persons"], row["hosted"], row["waiting"], row["answered"]) for row in now.rows("street")
    ]
    groups = [
        (row["main_group"], row["persons"], row["hosted"], row["waiting"], row["answered"]) for row in now.rows("group")
    ]
    headers = ("", "在账人数", "有接收组织", "待核查", "已答复")
    suggested = [
        (row["name"], row["street"] or "", row["workers"], row["full_members"], row["probationary"], row["suggestion"])
        for row in now.rows("suggestions")
    ]
    names = ("单位", "镇街", "从业人数", "正式党员", "预备党员", "建议")
    return section(
        "两个覆盖与接收组织",
        two(
            drawn("按镇街：单位的组织覆盖", _covered(now, "street", streets)),
            drawn("按行业：单位的组织覆盖", _covered(now, "trade", [])),
        ),
        basis("单位数，不含未填单位和合并的小单位；一个单位按人数最多的镇街、行业归类。单独组建、联合组建、镇街兜底之外为未覆盖。"),
        table(names, suggested[:_FEW]),
        basis(f"应建尽建建议共 {len(suggested):,} 条：同一单位正式党员满 3 名建党支部，不足的联合组建或派指导员。"),
        drill("其余建议", table(names, suggested[_FEW:])) if len(suggested) > _FEW else "",
        drill("按镇街看人数", table(("镇街", *headers[1:]), rows)),
        drill("按群体看人数", table(("群体", *headers[1:]), groups)),
        anchor="coverage",
    )  # fmt: skip


def _sums_section(facts: Situation) -> Markup:
    """勾稽: how the figures of streets, trades and units make up the district's, and the ledger's its members."""
    return section(
        "勾稽", table((*_SUMS.values(), "核对"), _sums(facts.now)),
        basis("人数含群众。镇街写明的加不明的等于全区；应计入的加流动、不计入的等于一本账合计。"),
        anchor="sums",
    )  # fmt: skip


_SUMS = {
    "项目": "项目", "从业人数": "人数", "人次": "人次", "正式党员": "正式", "预备党员": "预备", "流动党员": "流动",
    "有线索": "有线索",
}  # fmt: skip


def _sums(now: Figures) -> list[tuple[object, ...]]:
    """The table of reconciliation; a count that a line does not have stays empty."""
    return [
        (
            _line(row["项目"]),
            *(_count(row[name]) for name in list(_SUMS)[1:]),
            _agreement(row["agreement"], row["说明"]),
        )
        for row in now.rows("reconciliation")
    ]


def _line(title: str) -> str:
    """A line of the ledger among the others, which are of the coverage."""
    return title.replace("一本账中不计入：", "不计入：").replace("一本账中", "一本账：").replace("有线索、", "")


def _count(value: object) -> object:
    return "" if value is None else value


def _agreement(code: str | None, note: str) -> str:
    """Whether a line equals the district's, or by how much it does not; nothing where it is only a part."""
    return "" if code is None else "相等" if code == "equal" else note


def _covered(figures: Figures, scope: str, order: list[str]) -> Markup:
    """Units by kind of coverage; the names with most units, in the order of the tables."""
    result = [row for row in figures.rows("coverage") if row["scope"] == scope]
    totals: dict[str, int] = {}
    for row in result:
        totals[row["name"]] = totals.get(row["name"], 0) + int(row["units"])
    most = sorted(totals, key=lambda name: (-totals[name], name))[:_MOST]
    names = sorted(most, key=lambda name: (order.index(name) if name in order else len(order), -totals[name], name))
    known = {(row["name"], row["coverage"]): float(row["units"]) for row in result}
    parts = [BarPart(name, known.get((name, kind), 0.0), kind) for name in names for kind in _KINDS]
    chart = Chart("单位的组织覆盖", unit="个单位", width=380)
    return stacked(chart, parts, colours=_KINDS) if parts else paragraph("（没有单位）")


def _waiting(facts: Situation) -> Markup:
    now, as_of = facts.now, facts.summary.as_of
    doubts = [
        (DOUBTS.get(row["doubt"], row["doubt"]), row["pairs"], f"{(as_of - row['oldest']).days} 天")
        for row in now.rows("waiting")
    ]
    streets = [
        (row["street"], row["waiting"])
        for row in sorted(now.rows("street"), key=lambda entry: (-entry["waiting"], entry["street"]))
        if row["waiting"]
    ]
    left = table(("待人工核对的疑点", "对数", "最早"), doubts)
    right = table(("镇街", "待核查线索"), streets[:_MOST])
    more = drill("其余镇街", table(("镇街", "待核查线索"), streets[_MOST:])) if len(streets) > _MOST else ""
    asked = f"协查名单 {now.searches['assist_check']:,} 人，异议 {now.objections:,} 人，见 {WORKBOOK}。"
    return section("待办", two(left, right + more), paragraph(asked), anchor="waiting")


def _quality(facts: Situation) -> Markup:
    rows = [
        (row[0], row[3], row[4], row[5], f"{row[6]:.1%}", "" if row[9] is None else f"{row[9]:+,}", row[10])
        for row in quality_rows(facts.summary, facts.qualities, facts.last_qualities)
    ]
    headers = ("来源", "行数", "读取", "退回", "退回率", "行数比上次", "主要问题")
    files = [
        (
            line.title,
            f"{line.file}〔{line.sheet}〕" if line.sheet else line.file,
            line.rows_in,
            line.accepted,
            line.quarantined,
            "没有：" + "、".join(line.absent) if line.absent else "栏目齐全",
        )
        for line in facts.summary.files
    ]
    return section(
        "数据质量", table(headers, rows),
        drill("按文件看", table(("来源", "文件", "行数", "读取", "退回", "没有的栏目"), files)),
        basis("退回：缺必需内容、不合约定的行；每个部门另有《数据质量说明》。"),
        anchor="quality",
    )  # fmt: skip


def _changes(facts: Situation) -> Markup:
    rows = [(line.title, line.cause, line.persons) for line in facts.summary.changes]
    warnings = [paragraph(text, kind="warn") for text in plain_lines(facts.summary.warnings, facts.summary.titles)]
    warned = drill(f"提醒 {len(warnings)} 条", *warnings) if warnings else ""
    said = f"另有提醒 {len(warnings)} 条，见运行小结。" if warnings else ""
    headers = ("变动", "原因", "人数")
    return section(
        "变动说明", table(headers, rows[:_FEW]),
        drill("其余原因", table(headers, rows[_FEW:])) if len(rows) > _FEW else "",
        basis(f"逐人的变动见 {WORKBOOK} 的“变动说明”。{said}"), warned, anchor="changes",
    )  # fmt: skip
