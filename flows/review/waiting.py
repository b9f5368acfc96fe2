"""The desk's part about everything that waits for a person: pairs, disputes, contradicting rolls, units, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.home.settings import load_settings, model_of
from flows.ledger.disputes import disputes
from flows.review.office import Office
from flows.review.records import Records
from flows.review.trust import trust_of
from flows.run.runs import list_runs
from flows.units.asking import doubts_waiting
from flows.units.remits import remits_waiting
from reports.link_quality.page import tier_titles
from reports.link_quality.trust import Trust
from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.desk import Row, Waiting
from reports.workbench.queue import Filter


class Queues:
    """What waits, counted for one account."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def waiting(self, session: str) -> Waiting:
        """Every queue with its count; the contradicting rolls and the doubtful files line by line."""
        account = self._office.with_right(session, Action.JUDGE)
        version = self._office.version_in_force()
        contradicting = [
            row for row in version.people.flagged("rolls_contradict") if allowed(account, Action.JUDGE, row["streets"])
        ]
        run_id, files = self._doubtful_files(account)
        self._office.audit(account.name, "view_people", f"待处理 名册说法不一 {len(contradicting)} 人")
        pairs = version.pairs.count(account, Filter())
        disagreed = version.pairs.count(account, Filter(state="disputed"))
        counts: list[tuple[str, str, int, str]] = [
            ("/queue", "待核对", pairs, "看两条记录是不是同一人"),
            ("/queue?state=disputed", "意见不一", disagreed, "两人判断不同，重新核对"),
            ("/conflicts", "情况不符", self._disputed(account), "镇街说事实不符，看过依据后答复"),
            ("#contradict", "名册说法不一", len(contradicting), "请组织部门核实后更正名册"),
            *self._register(account),
            ("#files", "存疑的文件", len(files), "问报送单位，或在来源对照里改正"),
        ]  # fmt: skip
        names = ("path", "title", "count", "what")
        return Waiting([dict(zip(names, count, strict=True)) for count in counts], contradicting, files, run_id)

    def trust(self, session: str) -> tuple[Trust, Mapping[str, str]]:
        """How far judgements and rules can be trusted, and what each rule is called."""
        self._office.with_right(session, Action.SEE_TRUST)
        model = model_of(load_settings(self._office.home))
        return trust_of(self._office.store, self._office.key), tier_titles(model)

    def _disputed(self, account: SignedInAccount) -> int:
        rows = self._office.version_in_force().people.with_leads()
        result = disputes(self._office.store, rows, self._office.policy.leads)
        return sum(
            not entry.awaits_register and allowed(account, Action.JUDGE, entry.row["streets"]) for entry in result
        )

    def _register(self, account: SignedInAccount) -> list[tuple[str, str, int, str]]:
        """Doubts about units and organisations, which accounts of the whole district answer."""
        if not account.whole_district:
            return []
        key, store = self._office.key, self._office.store
        return [
            ("/units", "单位存疑", len(doubts_waiting(key, store)), "写法不同的是不是同一单位"),
            ("/units", "党组织接收范围", len(remits_waiting(key, store)), "看不出接收谁的，只问一次"),
        ]

    def _doubtful_files(self, account: SignedInAccount) -> tuple[str, Sequence[str]]:
        """The newest run and what it says of files: refusals, warnings, notices; for the whole district only."""
        records = list_runs(self._office.home)
        if not account.whole_district or not records:
            return "", []
        run_id = records[-1].run_id
        summary: Row = Records(self._office).summary(run_id)
        lines = [*summary.get("warnings", ()), *summary.get("notices", ())]
        return run_id, [*map(_refused, summary.get("refused", ())), *map(str, lines)]


def _refused(line: dict[str, object]) -> str:
    sheet = f"〔{line['sheet']}〕" if line.get("sheet") else ""
    return f"{line['title']}：{line['file']}{sheet} {line['message']}"
