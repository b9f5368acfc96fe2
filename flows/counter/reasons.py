"""Why a person is not in the ledger, row by row, as far as the originals tell: one Chinese sentence each.

Source of the rules: domain.md, "What evidence is worth" and "Who belongs in the ledger".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.counter.comparing import STRONG_DIGITS, Comparison, Fit, Person, compared
from flows.counter.enquiry import Enquiry
from flows.counter.originals import Nearby, NearRow
from flows.scope.rows import Placing, RowTexts
from flows.scope.texts import TradeReader
from reports.words import OUTSIDE
from schemas.contracts import SourceContract
from schemas.policy import Policy

_MOST = 5
_TEXTS = ("platform", "unit_name", "uscc", "station", "job", "industry_code")


@dataclass(frozen=True)
class Reasons:
    """The policy and the contracts by which a run decides."""

    policy: Policy
    contracts: Mapping[str, SourceContract]

    def of(self, nearby: Nearby, enquiry: Enquiry) -> Iterator[str]:
        """Reasons: of the rolls' rows, then of the rows of work beside the roll's, the nearest first."""
        registry, workers = nearby.registry, nearby.workers
        own = next((one for one in registry if one.is_person), None)
        yield from (self._told(one, one.comparison) for one in registry[:_MOST])
        if not registry:
            yield "名册、转接台账、流动登记里都没有同名同号或相近的人"
        whom = Person.of(own.record) if own else Person.asked(enquiry)
        for one in workers[:_MOST]:
            found = compared(whom, Person.of(one.record))
            yield f"{self._told(one, found)}。{self._why_not(one, found, on_roll=own is not None)}"
        if own is not None and not workers:
            yield "没有一个来源的从业记录与名册里这一行有相同或相近的号码；本人工作单位、岗位也看不出是新就业群体"
        hidden = max(len(registry) - _MOST, 0) + max(len(workers) - _MOST, 0)
        if hidden:
            yield f"另有 {hidden} 行只是相近，没有列出"

    def _told(self, one: NearRow, found: Comparison) -> str:
        same = "编号相同；" if one.same_number else ""
        return f"{one.record.where}：{same}{found.sentence or '没有可比的内容'}"

    def _why_not(self, one: NearRow, found: Comparison, *, on_roll: bool) -> str:
        outside = self._outside(one)
        if outside:
            return f"范围外：{outside}"
        if not on_roll:
            return "名册里没有这个人，所以没有可连的"
        number = max(found.id_number.fit, found.phone.fit)
        if found.name.fit == Fit.DIFFERENT:
            return "姓名不同，不自动连" + ("；证件号相同的要交人核对" if found.id_number.fit == Fit.SAME else "")
        if found.name.fit in (Fit.HIDDEN, Fit.SILENT) and found.id_number.fit != Fit.SAME:
            return "姓名打码或没有，不自动连；证件号、手机号两项都强才交人核对"
        if found.id_number.fit == Fit.NEAR:
            return "证件号差一两位，不自动连：请核对是哪一边写错，更正来源文件后再报"
        if found.id_number.fit == Fit.HIDDEN and found.id_number.digits < STRONG_DIGITS and number < Fit.HEAD:
            return "打码后显示的位数太少，不足以确认"
        if number <= Fit.SILENT and found.birth.fit == Fit.SAME:
            return "只有姓名和出生日期相同：交人核对，不自动连"
        if number <= Fit.SILENT:
            return "没有共同的号码，只凭姓名不列"
        if number == Fit.NEAR:
            return "号码差一位，不自动连"
        return "够得上相连而没有连：可能是有人判过不是同一人，或有两个以上相近的人；可在待核对里看"

    def _outside(self, one: NearRow) -> str | None:
        contract, row = one.contract, one.record.row
        if contract.scope == "contact":
            return OUTSIDE["contact_only"]
        occupations = self.policy.occupations
        placing = Placing(
            TradeReader(self.policy), self.contracts, occupations.default, occupations.source_defaults
        )  # fmt: skip
        texts = [row.get(name) for name in _TEXTS]
        outside = placing.place(RowTexts(contract.name, str(row["file"]), row.get("sheet"), *texts)).outside
        return OUTSIDE[str(outside)] if outside else None
