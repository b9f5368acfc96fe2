"""Where the person of an enquiry stands: the ledger and its task numbers first, then the night's sealed copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.counter.enquiry import Enquiry, NumberKind
from flows.counter.originals import Nearby, looked_for
from flows.counter.reasons import Reasons
from flows.ledger.keys_moved import follow, merges
from flows.ledger.publish.read import kept_version, kept_versions
from flows.originals.proof import may_be
from flows.review.office import Office
from flows.tasks.issued import Issued
from reports.causes import cause_text
from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.counter import CounterAnswer, Where
from schemas.errors import SanzhaoError
from schemas.ledger_rows import IndexedRow

_OTHER_STREET = "不在您的镇街的一本账和待核对里；名册和原件请由全区的账号查"
_OTHER_NAME = "这个号码在一本账里，但记的姓名与所输的不同：请核对姓名和号码"
_SHARED = "这个号码不止一人在用，不能只凭它认人：请加上姓名，或换身份证号"
_DESTROYED = "原件副本已销毁或不在：只能查一本账和任务编号，查不了名册"
_VERSIONS_BACK = 60


@dataclass(frozen=True)
class Search:
    """One enquiry by one account; its rights bound what it is told."""

    office: Office
    account: SignedInAccount
    enquiry: Enquiry

    def answer(self) -> CounterAnswer:
        """Where the person stands, for this account."""
        rows = list(self._in_ledger())
        if not rows:
            return self._beyond_ledger()
        seen = [(row, task) for row, task in rows if allowed(self.account, Action.SEE_PEOPLE, row["streets"])]
        if not seen:
            return CounterAnswer(Where.NOT_FOUND, _OTHER_STREET)
        if len({row["person_key"] for row, _ in seen}) > 1:
            return CounterAnswer(Where.NOT_FOUND, _SHARED)
        return self._is_there(*seen[0])

    def _is_there(self, row: Mapping[str, Any], task: str | None = None) -> CounterAnswer:
        if not may_be(self.enquiry.name or None, row["name_masked"]):
            return CounterAnswer(Where.NOT_FOUND, _OTHER_NAME)
        told = f"{row['name_masked']}，{'、'.join(street for street in row['streets']) or '镇街不详'}"
        return CounterAnswer(
            Where.LEDGER, told, person_key=row["person_key"], task=task, name_masked=row["name_masked"]
        )  # fmt: skip

    def _in_ledger(self) -> Iterator[tuple[IndexedRow, str | None]]:
        """Rows of the ledger that the number names, with the task number where it was one."""
        people, number = self.office.version_in_force().people, self.enquiry.number
        if self.enquiry.kind is NumberKind.TASK:
            key = self._of_task(number)
            row = people.person(key) if key else None
            yield from [(row, number)] if row else []
            return
        found = [people.by_member(number), people.person(number.lower())]
        full = self.enquiry.full_id
        found += [people.by_token(token) for token in self.office.key.id_tokens(full)] if full else []
        found += [people.person(key) for key in self._by_tokens()]
        known = {row["person_key"]: row for row in found if row}
        yield from ((row, None) for row in known.values())

    def _of_task(self, number: str) -> str | None:
        version = self.office.version_in_force().published
        if version is None:
            return None
        found = Issued(self.office.home, self.office.key, version, self.office.policy).find(number)
        return None if isinstance(found, str) else found.lead[0]

    def _by_tokens(self) -> list[str]:
        """Persons, as they are called today, to whom the ID, or name and telephone together, once led."""
        values = [f"id|{self.enquiry.full_id}"] if self.enquiry.full_id else []
        if self.enquiry.phone and self.enquiry.name and "*" not in self.enquiry.name:
            values.append(f"phone|{self.enquiry.name}|{self.enquiry.phone}")
        tokens = {self.office.key.token("evidence", value) for value in values}
        moved = merges(self.office.store)
        return sorted({follow(moved, key) for key in self.office.store.keys_of(tokens).values()})

    def _beyond_ledger(self) -> CounterAnswer:
        if self.enquiry.kind is NumberKind.TASK:
            return CounterAnswer(Where.NOT_FOUND, "没有这个任务编号，或那条线索已不在一本账里")
        if not self.account.whole_district or not allowed(self.account, Action.UNMASK, ()):
            return CounterAnswer(Where.NOT_FOUND, _OTHER_STREET)
        version = self.office.version_in_force().published
        nearby = looked_for(self.office.originals, version, self.enquiry) if version else Nearby(())
        if not nearby.files:
            return CounterAnswer(Where.NOT_FOUND, _DESTROYED, tuple(self._once()))
        return self._from_ledger(nearby) or self._from_pairs(nearby) or self._from_rows(nearby)

    def _from_ledger(self, nearby: Nearby) -> CounterAnswer | None:
        """The person of the ledger to whom rows with just this number belong."""
        keys = self._keys_of(nearby)
        rows = [row for row in map(self.office.version_in_force().people.person, sorted(keys)) if row]
        if not rows:
            return None
        return self._is_there(rows[0]) if len(rows) == 1 else CounterAnswer(Where.NOT_FOUND, _SHARED)

    def _keys_of(self, nearby: Nearby) -> set[str]:
        proof, people = self.office.originals.proof, self.office.version_in_force().people
        moved, tokens, found = merges(self.office.store), set(), set()
        for one in nearby.sure:
            tokens |= set(proof.tokens(one.record, one.contract.name).values())
            member = people.by_member(one.member_no) if one.member_no else None
            found |= {str(member["person_key"])} if member else set()
        return found | {follow(moved, key) for key in self.office.store.keys_of(tokens).values()}

    def _from_pairs(self, nearby: Nearby) -> CounterAnswer | None:
        pairs = self.office.version_in_force().pairs
        numbers = [one.member_no for one in nearby.sure if one.member_no]
        found = {pair.pair_id for number in numbers for pair in pairs.of_member(self.account, number)}
        for one in nearby.sure:
            row = one.record.row
            found |= {pair.pair_id for pair in pairs.of_record(self.account, (one.contract.name, row["row"]))
                      if self.office.originals.is_named(str(row["file"]), pair.file)}  # fmt: skip
        if not found:
            return None
        told = f"有 {len(found)} 对等人判断是不是同一人"
        return CounterAnswer(Where.WAITING, told, tuple(self._reasons(nearby)), pairs=tuple(sorted(found)))

    def _from_rows(self, nearby: Nearby) -> CounterAnswer:
        reasons = (*self._once(), *self._reasons(nearby))
        if any(one.of_registry for one in nearby.sure):
            return CounterAnswer(Where.ROLL, "名册里有，一本账里没有", reasons)
        told = "从业记录里有，名册里没有对得上的" if nearby.sure else "名册和从业记录里都没有完全对得上的"
        return CounterAnswer(Where.NOT_FOUND, told, reasons)

    def _reasons(self, nearby: Nearby) -> Iterator[str]:
        if self.enquiry.mistyped:
            yield "所输的身份证号校验不对，可能输错了一位：请对照证件再输一次"
        office = self.office
        yield from Reasons(office.policy, office.originals.contracts, office.model).of(nearby, self.enquiry)

        if nearby.unread:
            yield f"没能查的文件（副本已销毁或读不了）：{'、'.join(nearby.unread)}"

    def _once(self) -> Iterator[str]:
        """What became of somebody who was in the ledger before."""
        for key in self._by_tokens():
            if key in self.office.store.erased():
                yield "曾在一本账里，已按要求删除，以后也不再列入"
                continue
            for name in reversed(kept_versions(self.office.home)[-_VERSIONS_BACK:]):
                try:
                    changes = kept_version(self.office.home, name).table("changes").to_pylist()
                except (SanzhaoError, OSError):
                    continue
                left = next((one for one in changes if one["person_key"] == key and one["change"] == "removed"), None)
                if left:
                    yield f"曾在一本账里，{left['as_of']} 退出：{cause_text(left)}"
                    break
