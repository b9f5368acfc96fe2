"""Why a person is not in the ledger, row by row, as far as the originals tell: one Chinese sentence each.

Source of the rules: domain.md, "What evidence is worth" and "Who belongs in the ledger".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.counter.beside import decided_words, rows_beside
from flows.counter.comparing import Person, SidesComparison, compared
from flows.counter.enquiry import Enquiry
from flows.counter.originals import Nearby, NearRow
from flows.scope.rows import Placing, RowTexts
from flows.scope.texts import TradeReader
from matchers.model.link_model import LinkModel
from matchers.persons.beside import Beside
from reports.words import OUTSIDE
from schemas.contracts import SourceContract
from schemas.policy import Policy

_MOST = 5
_TEXTS = ("platform", "unit_name", "uscc", "station", "job", "industry_code")


@dataclass(frozen=True)
class Reasons:
    """The policy, the contracts and the model by which a run decides."""

    policy: Policy
    contracts: Mapping[str, SourceContract]
    model: LinkModel
    """The model by which the night compares two rows."""

    def of(self, nearby: Nearby, enquiry: Enquiry) -> Iterator[str]:
        """Reasons: of the rolls' rows, then of the rows of work beside the roll's, the nearest first."""
        registry, workers = nearby.registry, nearby.workers
        own = next((one for one in registry if one.is_person), None)
        yield from (self._reason_line(one, one.comparison) for one in registry[:_MOST])
        if not registry:
            yield "名册、转接台账、流动登记里都没有同名同号或相近的人"
        whom = Person.of(own.record) if own else Person.of_enquiry(enquiry)
        held = rows_beside([one.record for one in workers[:_MOST]], own.record, self.model) if own else {}
        for at, one in enumerate(workers[:_MOST]):
            found = compared(whom, Person.of(one.record))
            yield f"{self._reason_line(one, found)}。{self._why_not(one, held.get(at))}"
        if own is not None and not workers:
            yield "没有一个来源的从业记录与名册里这一行有相同或相近的号码；本人工作单位、岗位也看不出是新就业群体"
        hidden = max(len(registry) - _MOST, 0) + max(len(workers) - _MOST, 0) + nearby.others
        if hidden:
            yield f"另有 {hidden} 行只是相近，没有列出"

    def _reason_line(self, one: NearRow, found: SidesComparison) -> str:
        same = "编号相同；" if one.same_number else ""
        told = found.sentence or ("" if same else "没有可比的内容")
        return f"{one.record.where}：{same}{told}".rstrip("；")

    def _why_not(self, one: NearRow, found: Beside | None) -> str:
        outside = self._outside(one)
        if outside:
            return f"范围外：{outside}"
        return decided_words(found) if found else "名册里没有这个人，所以没有可连的"

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
