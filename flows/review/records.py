"""The desk's part about the office itself: runs and their data quality, the audit log, accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.ledger.audit_log import examined
from flows.review.clock import BEIJING, aware
from flows.review.office import Office
from flows.review.streets import check_streets, known_streets
from flows.run.runs import list_runs, load_record
from reports.workbench.access import Action, SignedInAccount
from reports.workbench.desk import Listed, Refused, Row
from schemas.errors import HomeError, InputError
from schemas.rules import Rule
from schemas.store import AuditEntry

_RUNS_SHOWN, _LINES = 60, 100


class Records:
    """Runs, audit log and accounts, for whoever is logged in."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def runs(self, session: str) -> Sequence[Row]:
        """The newest runs first, with what their summaries say."""
        self._office.with_right(session, Action.SEE_RUNS)
        return [self._run(record.run_id) for record in list_runs(self._office.home)[::-1][:_RUNS_SHOWN]]

    def run(self, session: str, run_id: str) -> Row:
        """One run with its summary. Raises Refused when there is none of that name."""
        self._office.with_right(session, Action.SEE_RUNS)
        if run_id not in {record.run_id for record in list_runs(self._office.home)}:
            raise Refused
        return self._run(run_id)

    def _run(self, run_id: str) -> dict[str, object]:
        try:
            record = load_record(self._office.home, run_id)
        except HomeError:
            raise Refused from None
        summary = self.summary(run_id)
        started = aware(record.started_at).astimezone(BEIJING)
        return {**record.model_dump(include={"run_id", "as_of", "state", "failed_step", "version", "message"}),
                "started": f"{started:%Y-%m-%d %H:%M}", "summary": summary}  # fmt: skip

    def summary(self, run_id: str) -> dict[str, object]:
        """What a run's summary says; empty where it has none."""
        try:
            found: dict[str, object] = json.loads((self._office.home.runs / run_id / "summary.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def audit(self, session: str, chosen: Mapping[str, str], page: int) -> Listed[Row]:
        """The audit log, newest first, for the auditor; looking at it is noted too."""
        account = self._office.with_right(session, Action.SEE_AUDIT)
        self._office.audit(account.name, "view_audit", f"第{page}页")
        query = select(AuditEntry)
        for name, column in (("who", AuditEntry.who), ("what", AuditEntry.what), ("person", AuditEntry.person_key)):
            if chosen.get(name):
                query = query.where(column == chosen[name])
        with Session(self._office.store.engine) as store:
            total = store.scalar(select(func.count()).select_from(query.subquery())) or 0
            some = query.order_by(AuditEntry.seq.desc()).limit(_LINES).offset(_LINES * (max(page, 1) - 1))
            rows = [_line(entry) for entry in store.scalars(some)]
            names = {
                name: [(value, count) for value, count in store.execute(
                    select(column, func.count()).group_by(column).order_by(column)).tuples()]
                for name, column in (("who", AuditEntry.who), ("what", AuditEntry.what))
            }  # fmt: skip
        return Listed(self._office.version_in_force().version, None, rows, total, names)

    def audit_problems(self, session: str) -> Sequence[str]:
        """What is wrong with the chain or its anchors, in Chinese; empty when all holds."""
        self._office.with_right(session, Action.SEE_AUDIT)
        return examined(self._office.home, self._office.key, self._office.store).problems

    def accounts(self, session: str) -> Sequence[SignedInAccount]:
        self._office.with_right(session, Action.MANAGE_ACCOUNTS)
        return self._office.accounts.all()

    def streets(self, session: str) -> Sequence[str]:
        """Streets an account may be given."""
        self._office.with_right(session, Action.MANAGE_ACCOUNTS)
        return known_streets(self._office.version_in_force())

    def open_account(self, session: str, account: SignedInAccount, password: str) -> None:
        admin = self._office.with_right(session, Action.MANAGE_ACCOUNTS)
        check_streets(self._office.version_in_force(), account.streets)
        with self._office.writing:
            self._office.accounts.add(account, password, at=self._office.now(), by=admin.name)
            streets = "、".join(sorted(account.streets)) or "全区"
            self._office.audit(admin.name, "account", f"新增 {account.name} {account.role.value} {streets}")

    def change_account(
        self,
        session: str,
        name: str,
        *,
        password: str | None = None,
        active: bool | None = None,
        streets: Sequence[str] | None = None,
    ) -> None:
        """Another password, closed or opened, other streets. Raises InputError where nobody could open accounts."""
        admin = self._office.with_right(session, Action.MANAGE_ACCOUNTS)
        if name == admin.name and active is False:
            raise InputError("不能停用自己的账号", rule=Rule.OWN_ACCOUNT)
        check_streets(self._office.version_in_force(), streets or ())
        with self._office.writing:
            self._office.accounts.change(name, password=password, active=active, streets=streets)
            said = ["重设口令"] if password is not None else []
            said += [] if active is None else ["启用" if active else "停用"]
            said += [] if streets is None else [f"镇街改为 {'、'.join(streets) or '全区'}"]
            self._office.audit(admin.name, "account", f"{name} {'、'.join(said)}")

    def change_password(self, session: str, old: str, new: str) -> None:
        """One's own password; the old one is asked again, and every log-in of the account ends."""
        account = self._office.account(session)
        if self._office.accounts.attempt(account.name, old, self._office.now()).account is None:
            raise InputError("原口令不对", rule=Rule.PASSWORD)
        with self._office.writing:
            self._office.accounts.change(account.name, password=new)
            self._office.audit(account.name, "account", "本人改了口令")


def _line(entry: AuditEntry) -> dict[str, object]:
    names = ("seq", "at", "who", "what", "person_key", "why")
    return {name: getattr(entry, name) for name in names}
