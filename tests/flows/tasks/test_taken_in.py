"""An inside sheet says who took a person in, or that the facts do not fit; an analyst has it then, no street."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.doctor.status import state_of
from flows.home.store import opened_store
from flows.tasks.export import TaskOrder, export_tasks, waiting_leads
from flows.tasks.overdue import overdue_tasks
from flows.tasks.returned import Receipt, SheetReceiver, import_tasks
from reports.summary import RefusedFile
from reports.summary_views import next_steps, published
from schemas.policy import load_policy
from tests.flows.ledger.cases import FIRST, Case, new_case
from tests.flows.tasks.conftest import Sheet

NEXT = date(2026, 11, 21)
LONG_AGO = date(2026, 11, 1), date(2026, 11, 15)
"""When the leads were first put to the street, and until when they were to be answered."""
Answered = tuple[Case, list[str], Receipt, int]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Case, keys by row of the first answers, the receipt, and how many leads wait for a street right after it."""
    folder = tmp_path_factory.mktemp("taken")
    case = new_case("c09_resolved_after_confirm", folder)
    case.night("drop1", FIRST)
    with opened_store(case.home) as store:
        leads = [(row["person_key"], lead["code"]) for row in case.table() for lead in row["leads"]]
        store.issue_tasks(leads, *LONG_AGO)
    (file,) = export_tasks(case.home, TaskOrder(folder / "out", "制表人甲", inside=True)).files
    sheet = Sheet.read(file)
    organisation = next(row["host_org_name"] for row in case.table() if row["host_org_name"])
    for at, (result, host) in enumerate(
        (
            ("已纳管", organisation),
            ("已纳管", organisation[:-1] + "部部"),
            ("已纳管", ""),
            ("情况不符", ""),
            ("属实", ""),
        )
    ):
        sheet.fill(at, result, on=FIRST, note="名册上早就改了，电话13800000001" if result == "情况不符" else "")
        sheet.rows[at][sheet.at("接收组织")] = host
    receipt = import_tasks(case.home, [sheet.save(folder / "back.xlsx")], SheetReceiver("收件人", NEXT))
    again = export_tasks(case.home, TaskOrder(folder / "again", "制表人甲", inside=True))
    case.night("drop1", NEXT)
    return case, [sheet.number(at) for at in range(5)], receipt, len(sheet.rows) - sum(again.leads.values())


def test_an_organisation_that_is_not_in_the_register_is_refused_with_the_nearest_names(answered: Answered) -> None:
    _, numbers, receipt, _ = answered
    reasons = {one.number: (one.what, one.reason) for one in receipt.outcomes}
    assert reasons[numbers[0]][0] == "收下"
    assert reasons[numbers[0]][1].startswith("线索改为“已纳管”，接收组织：")
    assert reasons[numbers[1]][0] == reasons[numbers[2]][0] == "退回"
    assert "相近的有" in reasons[numbers[1]][1]
    assert "没有填接收组织" in reasons[numbers[2]][1]


def test_nobody_answered_is_asked_again_before_the_night_nor_what_an_analyst_has(answered: Answered) -> None:
    assert answered[3] == 3, "taken in, disputed and confirmed"


def test_the_next_ledger_has_the_person_taken_in_and_the_dispute_counted(answered: Answered) -> None:
    case = answered[0]
    leads = {lead["cause"]: (row, lead) for row in case.table() for lead in row["leads"] if lead["cause"]}
    row, lead = leads["taken_in_by_person"]
    assert (lead["state"], lead["checked_by"], lead["checked_on"]) == ("已纳管", "王核", FIRST)
    assert row["host_rule"] == "人工指定：核查结果写明已由该组织接收"
    assert leads["facts_disputed"][1]["state"] == "待核查"
    assert state_of(case.home).disputes == 1


def test_a_night_reminds_of_what_no_street_answered_in_time(answered: Answered) -> None:
    case = answered[0]
    first, second = case.summaries
    assert (first.overdue_tasks, [line for line in first.notices if "超期" in line]) == (0, [])
    with opened_store(case.home) as store:
        late = overdue_tasks(store, load_policy(), case.table(), NEXT)
    assert second.overdue_tasks == sum(late.values()) > 0
    (line,) = [line for line in second.notices if "超期" in line]
    assert f"{second.overdue_tasks} 项" in line and all(street in line for street in late)
    asked = {code for row in case.table() for code in waiting_leads(row, load_policy())}
    assert asked, "leads are still open"


def test_what_the_street_wrote_is_kept_without_numbers(answered: Answered) -> None:
    case = answered[0]
    with opened_store(case.home) as store:
        (remark,) = [one.remark for one in store.leads() if one.answer == "情况不符"]
    assert remark is not None and remark.startswith("名册上早就改了") and "13800000001" not in remark


def test_a_street_cannot_ask_for_an_organisation_outside_the_party_channel(answered: Answered, tmp_path: Path) -> None:
    (file, *_) = export_tasks(answered[0].home, TaskOrder(tmp_path, "制表人甲")).files
    assert "接收组织" not in Sheet.read(file).header


def test_a_night_ends_with_what_to_do_next_and_the_table_for_other_systems_last(answered: Answered) -> None:
    summary = answered[0].summaries[-1]
    steps = next_steps(summary)
    assert 1 <= len(steps) <= 3
    assert any(f"sanzhao tasks export --home {answered[0].home.root}" in line for line in steps)
    assert published(summary)[-1].endswith(str(answered[0].home.ledger / "ledger.parquet"))
    assert not any("一本账.xlsx" in line for line in published(summary)), "no path of a report that was not drawn"


def test_what_could_not_be_read_comes_before_all_else_to_do(answered: Answered) -> None:
    summary = answered[0].summaries[-1]
    file = RefusedFile(source="platform", title="平台", file="a.csv", sheet=None, message="没有表头")
    lines = tuple(one.model_copy(update={"turned_away": one.source == "transport"}) for one in summary.sources)
    worse = summary.model_copy(update={"sources": lines, "refused": (file,)})
    first, second, *_ = next_steps(worse, "bin/sanzhao")
    assert "交通没有读" in first and "provenance.toml" in first
    assert "1 个文件没有用" in second and "bin/sanzhao sources map" in second
    assert not any("退回 0 行" in line for line in next_steps(worse))


def test_the_night_says_how_many_leads_a_street_disputes(answered: Answered) -> None:
    (line,) = [text for text in answered[0].summaries[-1].notices if "情况不符" in text]
    assert line.startswith("镇街答复情况不符的线索 1 条（1 人），等分析员")
