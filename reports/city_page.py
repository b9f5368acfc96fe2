"""The city's page: one row per district, counts only, small ones hidden so that nobody can be made out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from reports.circulation import HIDDEN, suppressed_together
from reports.page import basis, page, paragraph, section, table
from reports.words import STATUS_TITLES

OBJECTION, NO_LEAD = "异议", "无线索"
LEAD_STATES = ("线索", "待核查", "已确认", "已纳管", "已办结", "排除", OBJECTION, NO_LEAD)
STATUSES = (*STATUS_TITLES, OBJECTION)
_PLAIN = (("从业人数", "workers"), ("从业人次", "worker_rows"), ("正式党员", "full_members"),
          ("预备党员", "probationary"), ("待核对", "review"))  # fmt: skip


@dataclass(frozen=True)
class DistrictFigures:
    """What of one district reaches the city: its state, and counts of the ledger it published last."""

    name: str
    service: str
    """Whether it is served, in a word or two."""
    trouble: str = ""
    as_of: str = ""
    last_run: str = ""
    least: int = 5
    """Below this its policy lets no count leave."""
    plain: dict[str, int] = field(default_factory=dict)
    """workers, worker_rows, full_members, probationary, review; empty without a published ledger."""
    lead_states: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    elsewhere: dict[str, int] = field(default_factory=dict)
    """People on its roll found at work in another district, by that district's name."""
    from_elsewhere: dict[str, int] = field(default_factory=dict)
    """People at work in it found on the roll of another district, by that district's name."""

    @property
    def persons(self) -> int:
        """People in its ledger."""
        return sum(self.lead_states.values())


def city_page(districts: Sequence[DistrictFigures], drawn_at: str) -> bytes:
    """The whole page. Sums of districts are the totals; what a policy hides of a district is hidden of the city too."""
    counted = [district for district in districts if district.plain]
    least = max((entry.least for entry in counted), default=5)
    parts = [section("各区", _states(districts))]
    if counted:
        leads, statuses = _crossed(counted, least)
        parts += [
            section("人数", _plain_table(counted, least)),
            section("在账的人，按线索状态", table(("区", *LEAD_STATES, "合计"), leads)),
            section(
                "在账的人，按主状态",
                table(("区", *(STATUS_TITLES.get(entry, entry) for entry in STATUSES), "合计"), statuses),
            ),
        ]
        if any(entry.elsewhere for entry in counted):
            parts.append(section("党员在一区、从业在另一区", _elsewhere_table(counted, least)))
    missing = [district.name for district in districts if not district.plain]
    parts.append(
        basis(
            f"各区最近发布的一本账；合计为各区之和。不足 {least} 的数字隐去，记为 {HIDDEN}；"
            "同一张表里凡能由其他数字推算出来的也一并隐去。没有任何人的姓名、证件号、手机号。"
        )
    )
    if missing:
        parts.append(paragraph(f"合计里没有：{'、'.join(missing)}", kind="warn"))
    return page("全市汇总", f"{len(districts)} 个区　{drawn_at}　内部资料 注意保管", parts)


def _states(districts: Sequence[DistrictFigures]) -> Markup:
    rows = [
        (district.name, district.as_of or "还没有发布过", district.service, district.last_run, district.trouble)
        for district in districts
    ]
    return table(("区", "数据日期", "服务", "最近一次运行", "问题"), rows)


def _plain_table(figures: Sequence[DistrictFigures], least: int) -> Markup:
    """Each column by itself: they are counts of different things, and make no sum across."""
    columns = [suppressed_together([[[entry.plain[name]] for entry in figures]], least)[0] for _, name in _PLAIN]
    names = [*(entry.name for entry in figures), "合计"]
    rows = [(name, *(_figure_text(column[at][0]) for column in columns)) for at, name in enumerate(names)]
    return table(("区", *(title for title, _ in _PLAIN)), rows)


def _crossed(figures: Sequence[DistrictFigures], least: int) -> list[list[tuple[str, ...]]]:
    """Both tables of people in the ledgers; a total hidden in one is hidden in the other."""
    tables = [
        [[entry.lead_states.get(state, 0) for state in LEAD_STATES] for entry in figures],
        [[entry.statuses.get(status, 0) for status in STATUSES] for entry in figures],
    ]
    names = [*(entry.name for entry in figures), "合计"]
    return [
        [(name, *map(_figure_text, line)) for name, line in zip(names, shown, strict=True)]
        for shown in suppressed_together(tables, least)
    ]


def _elsewhere_table(figures: Sequence[DistrictFigures], least: int) -> Markup:
    """Rows: where they are registered; columns: where they work."""
    names = [entry.name for entry in figures]
    places = list(dict.fromkeys([*names, *(name for entry in figures for name in entry.elsewhere)]))
    (shown,) = suppressed_together([[[entry.elsewhere.get(place, 0) for place in places] for entry in figures]], least)
    rows = [(name, *map(_figure_text, line)) for name, line in zip([*names, "合计"], shown, strict=True)]
    return table(("党组织关系在", *(f"在{place}从业" for place in places), "合计"), rows)


def _figure_text(value: int | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"
