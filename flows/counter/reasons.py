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
        own = next((entry for entry in registry if entry.is_person), None)
        yield from (self._reason_line(entry, entry.comparison) for entry in registry[:_MOST])
        if not registry:
            yield "名册、转接台账、流动登记里都没有同名同号或相近的人"
        whom = Person.of(own.record) if own else Person.of_enquiry(enquiry)
        held = rows_beside([entry.record for entry in workers[:_MOST]], own.record, self.model) if own else {}
        for at, worker in enumerate(workers[:_MOST]):
            result = compared(whom, Person.of(worker.record))
            yield f"{self._reason_line(worker, result)}。{self._why_not(worker, held.get(at))}"
        if own is not None and not workers:
            yield "没有一个来源的从业记录与名册里这一行有相同或相近的号码；本人工作单位、岗位也看不出是新就业群体"
        hidden = max(len(registry) - _MOST, 0) + max(len(workers) - _MOST, 0) + nearby.others
        if hidden:
            yield f"另有 {hidden} 行只是相近，没有列出"

    def _reason_line(self, near_row: NearRow, result: SidesComparison) -> str:
        same = "编号相同；" if near_row.same_number else ""
        told = result.sentence or ("" if same else "没有可比的内容")
        return f"{near_row.record.where}：{same}{told}".rstrip("；")

    def _why_not(self, near_row: NearRow, result: Beside | None) -> str:
        outside = self._outside(near_row)
        if outside:
            return f"范围外：{outside}"
        return decided_words(result) if result else "名册里没有这个人，所以没有可连的"

    def _outside(self, near_row: NearRow) -> str | None:
        contract, row = near_row.contract, near_row.record.row
        if contract.scope == "contact":
            return OUTSIDE["contact_only"]
        occupations = self.policy.occupations
        placing = Placing(
            TradeReader(self.policy), self.contracts, occupations.default, occupations.source_defaults
        )  # fmt: skip
        texts = [row.get(name) for name in _TEXTS]
        outside = placing.place(RowTexts(contract.name, str(row["file"]), row.get("sheet"), *texts)).outside
        return OUTSIDE[str(outside)] if outside else None
