"""What streets send back: every row is taken in, refused with a reason, or in conflict, and nothing twice."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version
from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.numbers import old_code
from reports.tasks.receipt import ACCEPTED, CONFLICT, KNOWN, REFUSED, UNANSWERED
from schemas.errors import InputError
from tests.flows.command import sanzhao, without_reports
from tests.flows.tasks.conftest import TODAY, VISIT, Sheet, ends, take

pytestmark = pytest.mark.slow


def states(place: Home) -> list[tuple[str, str]]:
    with opened_store(place) as store:
        return sorted((lead.state, lead.checked_by) for lead in store.leads())


def test_a_filled_sheet_moves_its_leads_and_blank_rows_wait(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    for row, result in enumerate(("属实", "非本人", "已转", "联系不上", "拒绝", "其他", "情况不符")):
        sheet.fill(row, result)
    receipt = take(place, sheet.save(tmp_path / "交回.xlsx"))
    assert receipt.count(ACCEPTED) == 7
    assert receipt.count(UNANSWERED) == len(sheet.rows) - 7
    assert [state for state, _ in states(place)] == sorted(["已确认", "排除", "排除"] + ["待核查"] * 4)


def test_reading_a_sheet_twice_changes_nothing(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    for row in range(5):
        sheet.fill(row, ("属实", "联系不上")[row % 2])
    path = sheet.save(tmp_path / "交回.xlsx")
    assert take(place, path).count(ACCEPTED) == 5
    before = states(place)
    again = take(place, path)
    assert (again.count(ACCEPTED), again.count(KNOWN)) == (0, 5)
    assert states(place) == before


def test_shuffled_cut_and_renamed_columns_are_read_alike(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    sheet.fill(0, "属实", note="=cmd|' /C calc'!A0")
    sheet.fill(3, "非本人", on="2026年11月21日")
    sheet.fill(5, "联系不上", on="2026.11.21")
    sheet.fill(6, "属实", on="11月21日")
    numbers = {sheet.number(row) for row in (0, 3, 5, 6)}
    sheet.rows.sort(key=lambda row: str(row[sheet.at("校验码")]))
    keep = [name for name in sheet.header if name not in ("序号", "姓名", "手机", "单位", "线索依据", "联系时段")]
    keep.sort()
    places = [sheet.at(name) for name in keep]
    renamed = {
        "任务编号": "编号",
        "校验码": "码",
        "核查结果": "走访情况反馈",
        "核查人": "走访人员",
        "核查日期": "走访时间",
    }
    cut = Sheet(
        [renamed.get(name, name) for name in keep] + ["领导批示"],
        [[row[at] for at in places] + ["阅"] for row in sheet.rows],
    )
    receipt = take(place, cut.save(tmp_path / "改了列.xlsx", above=()))
    assert {number for number, what in ends(receipt).items() if what == ACCEPTED} == numbers


def test_a_header_that_says_nothing_is_made_up_for_by_the_values(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    sheet.fill(0, "属实")
    sheet.header[sheet.at("核查结果")] = "丙列"
    assert take(place, sheet.save(tmp_path / "列名改没了.xlsx")).count(ACCEPTED) == 1


def test_only_some_columns_sorted_is_refused_and_names_nobody_wrong(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    by_name: dict[str, int] = {}
    for row in range(len(sheet.rows)):
        by_name.setdefault(str(sheet.rows[row][sheet.at("姓名")]), row)
    one, other = list(by_name.values())[:2]
    for name in ("任务编号", "校验码"):
        at = sheet.at(name)
        sheet.rows[one][at], sheet.rows[other][at] = sheet.rows[other][at], sheet.rows[one][at]
    sheet.fill(one, "属实")
    assert ends(take(place, sheet.save(tmp_path / "错行.xlsx")))[sheet.number(one)] == REFUSED
    assert states(place) == []


def two_alike(sheet: Sheet) -> tuple[int, int]:
    """Two rows of one surname, of different people."""
    seen: dict[str, int] = {}
    for row, cells in enumerate(sheet.rows):
        name, phone = (str(cells[sheet.at(column)]) for column in ("姓名", "手机"))
        if name in seen and str(sheet.rows[seen[name]][sheet.at("手机")]) != phone:
            return seen[name], row
        seen.setdefault(name, row)
    raise AssertionError("no two rows of one surname")


def exchange(sheet: Sheet, rows: tuple[int, int], *columns: str) -> None:
    one, other = rows
    for at in map(sheet.at, columns):
        sheet.rows[one][at], sheet.rows[other][at] = sheet.rows[other][at], sheet.rows[one][at]


@pytest.mark.parametrize("cut", [(), ("手机",), ("单位", "镇街"), ("手机", "单位")])
def test_number_and_code_exchanged_between_two_rows_of_one_surname_land_on_nobody(
    place: Home, sheet: Sheet, tmp_path: Path, cut: tuple[str, ...]
) -> None:
    rows = two_alike(sheet)
    for row in rows:
        sheet.fill(row, "属实")
    alike = all(
        sheet.rows[rows[0]][sheet.at(name)] == sheet.rows[rows[1]][sheet.at(name)]
        for name in ("手机", "单位", "镇街", "核查事项")
        if name not in cut
    )
    exchange(sheet, rows, "任务编号", "校验码")
    for name in cut:
        at = sheet.at(name)
        sheet.header.pop(at)
        for cells in sheet.rows:
            cells.pop(at)
    receipt = take(place, sheet.save(tmp_path / "错行.xlsx"))
    if not alike:
        assert receipt.count(ACCEPTED) == 0
        refused = [one.reason for one in receipt.outcomes if one.what == REFUSED]
        assert len(refused) == 2
        assert all("校验码与本行内容不符" in reason for reason in refused)
        assert states(place) == []


def test_a_unit_or_a_telephone_moved_to_another_row_is_told_by_its_column(
    place: Home, sheet: Sheet, tmp_path: Path
) -> None:
    rows = two_alike(sheet)
    sheet.fill(rows[0], "属实")
    exchange(sheet, rows, "手机")
    sheet.fill(2 if 2 not in rows else 3, "属实")
    other = 2 if 2 not in rows else 3
    sheet.rows[other][sheet.at("单位")] = "别的公司"
    receipt = take(place, sheet.save(tmp_path / "挪动.xlsx"))
    told = {one.number: one.reason for one in receipt.outcomes if one.what == REFUSED}
    assert "“手机”" in told[sheet.number(rows[0])]
    assert "“单位”" in told[sheet.number(other)]
    assert states(place) == []


def test_a_name_and_a_telephone_written_out_and_a_cell_broken_anew_still_fit(
    place: Home, sheet: Sheet, tmp_path: Path
) -> None:
    row = next(row for row, cells in enumerate(sheet.rows) if "****" in str(cells[sheet.at("手机")]))
    cells = sheet.rows[row]
    cells[sheet.at("姓名")] = f"{cells[sheet.at('姓名')][0]}某某"
    cells[sheet.at("手机")] = str(cells[sheet.at("手机")]).replace("****", "1234").replace("\n", "、")
    cells[sheet.at("单位")] = "\n".join(str(cells[sheet.at("单位")] or ""))
    sheet.fill(row, "属实")
    assert ends(take(place, sheet.save(tmp_path / "写全.xlsx")))[sheet.number(row)] == ACCEPTED


def test_a_sheet_of_before_with_five_letters_counts_only_where_its_cells_prove_whose_row_it_is(
    place: Home, sheet: Sheet, tmp_path: Path
) -> None:
    key = load_key(place)
    for row in range(len(sheet.rows)):
        sheet.rows[row][sheet.at("校验码")] = old_code(key, sheet.number(row))
    rows = two_alike(sheet)
    free = next(row for row in range(len(sheet.rows)) if row not in rows)
    for row in (*rows, free):
        sheet.fill(row, "属实")
    exchange(sheet, rows, "任务编号", "校验码")
    receipt = take(place, sheet.save(tmp_path / "旧表.xlsx"))
    assert ends(receipt)[sheet.number(free)] == ACCEPTED
    for row in rows:
        (found,) = [one for one in receipt.outcomes if one.number == sheet.number(row)]
        assert (found.what, "重新导出" in found.reason) == (REFUSED, True)
    at = sheet.at("手机")
    sheet.header.pop(at)
    for cells in sheet.rows:
        cells.pop(at)
    other = next(row for row in range(len(sheet.rows)) if row not in (*rows, free))
    sheet.fill(other, "属实")
    assert ends(take(place, sheet.save(tmp_path / "旧表缺栏.xlsx")))[sheet.number(other)] == REFUSED


def test_a_code_of_another_row_or_none_is_refused(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    at = sheet.at("校验码")
    sheet.fill(0, "属实")
    sheet.fill(1, "属实")
    sheet.rows[0][at], sheet.rows[1][at] = sheet.rows[1][at], None
    receipt = take(place, sheet.save(tmp_path / "改了码.xlsx"))
    assert receipt.count(ACCEPTED) == 0
    assert all("校验码" in one.reason for one in receipt.outcomes if one.number in (sheet.number(0), sheet.number(1)))


@pytest.mark.parametrize(
    ("result", "by", "on", "told"),
    [
        ("基本属实", "王核", VISIT, "核查结果不认识"),
        ("属实", None, VISIT, "没有填核查人"),
        ("属实", "13800138000", VISIT, "不要填号码"),
        ("属实", "王核", None, "没有填核查日期"),
        ("属实", "王核", "上周", "读不懂"),
        ("属实", "王核", date(2025, 11, 21), "核查日期应在"),
        ("属实", "王核", date(2026, 12, 21), "核查日期应在"),
        (None, "王核", VISIT, "没有填核查结果"),
    ],
)
def test_a_half_filled_row_is_refused_with_its_reason(
    place: Home, sheet: Sheet, tmp_path: Path, result: str | None, by: str | None, on: object, told: str
) -> None:
    sheet.fill(0, result, by, on)
    receipt = take(place, sheet.save(tmp_path / "交回.xlsx"))
    (found,) = [one for one in receipt.outcomes if one.what == REFUSED]
    assert told in found.reason
    assert (found.row, found.number) == (4, sheet.number(0))
    assert states(place) == []


def test_another_answer_than_the_earlier_one_is_a_conflict_until_a_person_settles_it(
    place: Home, sheet: Sheet, tmp_path: Path
) -> None:
    sheet.fill(0, "属实")
    assert take(place, sheet.save(tmp_path / "一.xlsx")).count(ACCEPTED) == 1
    sheet.fill(0, "非本人", by="李核", on=date(2026, 11, 23))
    second = sheet.save(tmp_path / "二.xlsx")
    receipt = take(place, second)
    assert ends(receipt)[sheet.number(0)] == CONFLICT
    assert states(place) == [("已确认", "王核")]
    settled = take(place, second, settled=frozenset({sheet.number(0)}), why="已电话复核")
    assert settled.count(ACCEPTED) == 1
    assert states(place) == [("排除", "李核")]


def test_a_second_visit_goes_on_from_nobody_at_home_and_an_older_sheet_does_not_undo_it(
    place: Home, sheet: Sheet, tmp_path: Path
) -> None:
    sheet.fill(0, "联系不上")
    first = sheet.save(tmp_path / "一.xlsx")
    take(place, first)
    sheet.fill(0, "属实", on=date(2026, 11, 24))
    assert take(place, sheet.save(tmp_path / "二.xlsx")).count(ACCEPTED) == 1
    assert take(place, first).count(KNOWN) == 1
    sheet.fill(0, "拒绝", by="李核", on=date(2026, 11, 22))
    assert ends(take(place, sheet.save(tmp_path / "三.xlsx")))[sheet.number(0)] == CONFLICT
    assert states(place) == [("已确认", "王核")]


def test_two_sheets_that_contradict_each_other_are_both_left_out(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    sheet.fill(0, "属实")
    one = sheet.save(tmp_path / "一.xlsx")
    sheet.fill(0, "非本人", by="李核", on=date(2026, 11, 22))
    receipt = take(place, one, sheet.save(tmp_path / "二.xlsx"))
    assert [found.what for found in receipt.outcomes if found.number == sheet.number(0)] == [CONFLICT, CONFLICT]
    assert states(place) == []


def test_the_answered_are_not_asked_again_nor_is_one_who_objects(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    for row, result in enumerate(("属实", "已转", "已转", "情况不符", "联系不上", "拒绝")):
        sheet.fill(row, result)
    asked = {sheet.number(row)[7:] for row in range(len(sheet.rows))}
    person = _person_of(place, sheet.number(6))
    theirs = {sheet.number(row)[7:] for row in range(7) if _person_of(place, sheet.number(row)) == person}
    take(place, sheet.save(tmp_path / "交回.xlsx"))
    with opened_store(place) as store:
        store.raise_objection(person, date(2026, 11, 20), "本人")
    assert sanzhao("run", "--home", without_reports(place.root), "--from", "decided").code in (0, 3)
    done = export_tasks(place, TaskOrder(tmp_path / "next", "制表人甲", inside=True))
    again = {Sheet.read(path).number(row)[7:] for path in done.files for row in range(len(Sheet.read(path).rows))}
    assert again <= asked - {sheet.number(row)[7:] for row in range(4)} - theirs
    assert {sheet.number(4)[7:], sheet.number(5)[7:]} - theirs <= again
    sheet.fill(6, "属实")
    (found,) = [one for one in take(place, sheet.save(tmp_path / "又.xlsx")).outcomes if one.number == sheet.number(6)]
    assert (found.what, "异议" in found.reason) == (REFUSED, True)


def _person_of(place: Home, number: str) -> str:
    current = current_version(place, load_key(place))
    assert current is not None
    rows = current.table("ledger").to_pylist()
    return next(str(row["person_key"]) for row in rows if _has_number(place, row, number))


def _has_number(place: Home, row: dict[str, object], number: str) -> bool:
    from flows.tasks.numbers import lead_letters

    leads = row["leads"]
    assert isinstance(leads, list)
    return number[7:] in {lead_letters(load_key(place), str(row["person_key"]), lead["code"]) for lead in leads}


def test_a_file_without_tasks_is_told_apart_and_the_others_go_on(place: Home, sheet: Sheet, tmp_path: Path) -> None:
    sheet.fill(0, "属实")
    other = Sheet(["姓名"], [["某人"]]).save(tmp_path / "别的表.xlsx")
    receipt = take(place, other, sheet.save(tmp_path / "交回.xlsx"), tmp_path / "没有.xlsx")
    assert receipt.count(ACCEPTED) == 1
    assert ["别的表.xlsx" in receipt.problems[0], "没有.xlsx" in receipt.problems[1]] == [True, True]


def test_a_street_without_leads_is_told_so(place: Home, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有等待核查的线索"):
        export_tasks(place, TaskOrder(tmp_path / "out", "甲", street="没有这个镇"))


def test_the_command_line_takes_sheets_out_and_in_and_audits_both(place: Home, tmp_path: Path) -> None:
    out = tmp_path / "任务表"
    answer = sanzhao("tasks", "export", "--home", place.root, "--out", out, "--by", "制表人甲")
    assert (answer.code, "中性用词" in answer.err) == (0, True)
    path = sorted(out.iterdir())[0]
    assert {one.stat().st_mode & 0o777 for one in out.iterdir()} == {0o600}
    sheet = Sheet.read(path)
    sheet.fill(0, "属实", on=datetime.now().date())
    back = sheet.save(tmp_path / "交回.xlsx")
    answer = sanzhao("tasks", "import", "--home", place.root, back, "--by", "分析员乙")
    assert (answer.code, "收下 1" in answer.out) == (0, True)
    assert (tmp_path / "交回_回执.xlsx").stat().st_mode & 0o777 == 0o600
    wrong = sanzhao("tasks", "import", "--home", place.root, tmp_path / "没有.xlsx")
    assert (wrong.code, "没有.xlsx" in wrong.err) == (1, True)
    assert sanzhao("tasks", "import", "--home", place.root, back, "--accept", sheet.number(0)).code == 2
    with opened_store(place) as store:
        assert store.audit_problems(load_key(place)) == []
    assert TODAY > VISIT
