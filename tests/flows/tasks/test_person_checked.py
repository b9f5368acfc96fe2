"""A sheet outside the Party channel asks about the person alone: its answer accuses nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.returned import SheetReceiver, import_tasks
from schemas.errors import InputError
from tests.flows.ledger.cases import FIRST, Case, new_case
from tests.flows.tasks.conftest import Sheet

NEXT = date(2026, 11, 21)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    """A district whose neutral sheet came back: everybody is themselves but one (安口袋)."""
    folder = tmp_path_factory.mktemp("asked")
    case = new_case("c09_resolved_after_confirm", folder)
    case.night("drop1", FIRST)
    (file,) = export_tasks(case.home, TaskOrder(folder / "out", "制表人甲")).files
    sheet = Sheet.read(file)
    assert len(sheet.rows) == len({str(row[sheet.at("任务编号")]) for row in sheet.rows}) == 9
    assert {row[sheet.at("核查事项")] for row in sheet.rows} == {"信息核实"}
    for at, row in enumerate(sheet.rows):
        sheet.fill(at, "非本人" if str(row[sheet.at("姓名")]).startswith("安") else "属实", on=FIRST)
    first, answer = sheet.rows[0], sheet.rows[0][sheet.at("核查结果")]
    first[sheet.at("核查结果")] = "已纳管"
    refused = import_tasks(case.home, [sheet.save(folder / "wrong.xlsx")], SheetReceiver("收件人", NEXT))
    (outcome,) = [one for one in refused.outcomes if one.what == "退回"]
    assert "不是这份表问的" in outcome.reason
    assert not [word for word in ("纳管", "已转", "情况不符", "p-") if word in outcome.reason], "words of the channel"
    assert refused.count("收下") == 8
    first[sheet.at("核查结果")] = answer
    receipt = import_tasks(case.home, [sheet.save(folder / "back.xlsx")], SheetReceiver("收件人", NEXT))
    assert (receipt.count("收下"), receipt.count("已收过")) == (1, 8)
    case.night("drop1", NEXT)
    return case, folder


def test_a_neutral_answer_checks_the_person_and_confirms_no_lead(asked: tuple[Case, Path]) -> None:
    rows = [row for row in asked[0].table() if row["name_masked"] != "安*"]
    assert len(rows) == 8
    for row in rows:
        assert "person_checked" in row["flags"]
        assert {lead["state"] for lead in row["leads"]} == {"线索"}


def test_whoever_a_row_is_not_of_is_untied_and_accused_of_nothing(asked: tuple[Case, Path]) -> None:
    (row,) = [row for row in asked[0].table() if row["name_masked"] == "安*"] or [None]
    assert row is None or all(lead["state"] == "排除" for lead in row["leads"])


def test_nobody_checked_is_asked_again_outside_and_the_lead_still_is_inside(asked: tuple[Case, Path]) -> None:
    case, folder = asked
    with pytest.raises(InputError, match="没有等待核查的线索"):
        export_tasks(case.home, TaskOrder(folder / "again", "制表人甲"))
    inside = export_tasks(case.home, TaskOrder(folder / "inside", "制表人甲", inside=True))
    assert sum(inside.leads.values()) == 8
