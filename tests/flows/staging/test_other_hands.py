"""Sheets as other offices and platforms name them: header words, survey forms, two numbers of one worker."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest

from flows.staging.grid import Grid
from flows.staging.mapping import map_columns
from flows.staging.values.plain import map_cleaner, yes_no_cleaner
from schemas.contracts import shipped_sources, value_map
from tests.flows.staging.night import ROLL, staged

FULL = "500113196903072842"


def text(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)
    return sheet.getvalue().encode(encoding)


ROLL_HEADS = {
    "joined_on": ["何时入党", "入党时间（年月日）", "加入中国共产党时间", "RDSJ"],
    "branch_name": ["所属支部", "支部名称", "组织关系所在支部", "SZZB"],
    "unit_name": ["工作单位及职务", "单位及职务", "GZDW"],
    "job": ["个人身份", "职业身份", "工种"],
    "is_floating": ["是否外出流动", "流动党员标识", "是否为流动党员"],
    "lost_contact": ["是否为失联党员", "失联状态"],
    "phones": ["联系号码", "LXDH", "SJHM"],
}
PLATFORM_HEADS = {
    "worker_no": ["员工ID", "RIDER_ID", "配送员编号"],
    "station": ["营业网点", "所属车队", "配送站名称"],
    "unit_name": ["劳务派遣单位", "外包公司", "所属配送商"],
    "started_on": ["首次接单日期", "到岗时间"],
    "declared_member": ["党员身份", "政治面目", "是否系党员"],
    "work_state": ["在岗状态", "任职状态"],
}


@pytest.mark.parametrize(
    ("source", "field", "head"),
    [("party_members", field, head) for field, heads in ROLL_HEADS.items() for head in heads]
    + [("platform", field, head) for field, heads in PLATFORM_HEADS.items() for head in heads],
)
def test_a_field_is_known_by_the_word_another_office_uses(source: str, field: str, head: str) -> None:
    grid = Grid(None, [["序号", "姓名", "身份证号", head], ["1", "向秀芬", FULL, "是"]])
    assert map_columns(grid, shipped_sources()[source], source).columns[field] == (3,)


def test_a_roll_with_headers_in_initials_is_read(tmp_path: Path) -> None:
    head = ["XM", "XB", "SFZH", "RDSJ", "SZZB", "SJHM"]
    row = ["向秀芬", "2", FULL, "1995.7.1", "第一党支部", "13812345679"]
    with staged(tmp_path, {"party_members/a.csv": text([head, row])}) as night:
        assert night.rows("select name, sex, id_number_kind, joined_on, branch_name from stage_party_members") == [
            ("向秀芬", "female", "full", dt.date(1995, 7, 1), "第一党支部")
        ]


def test_a_survey_form_asks_in_whole_sentences(tmp_path: Path) -> None:
    head = ["Q1 您的姓名", "第2题、您的身份证号码", "3、您的手机号码", "4、您是否同意使用您的个人信息"]
    row = ["向秀芬", FULL, "13812345679", "同意"]
    with staged(tmp_path, {"party_members/r.csv": ROLL, "self_reports/a.csv": text([head, row])}) as night:
        assert night.rows("select name, id_number_kind, phones from stage_self_reports") == [
            ("向秀芬", "full", ["13812345679"])
        ]


def test_a_worker_with_a_staff_number_and_an_account_number_is_read_not_refused(tmp_path: Path) -> None:
    head, row = ["账号ID", "工号", "姓名", "身份证号"], ["88001", "R1", "向秀芬", FULL]
    with staged(tmp_path, {"party_members/r.csv": ROLL, "platform/a.csv": text([head, row])}) as night:
        assert night.rows("select worker_no, name from stage_platform") == [("R1", "向秀芬")]


@pytest.mark.parametrize(
    ("name", "cell", "meant"),
    [
        ("politics", "01-中共党员", "yes"),
        ("politics", "13群众", "no"),
        ("politics", "共青团员", "silent"),
        ("politics", "民主党派", "no"),
        ("sex", "1 男", "male"),
        ("insurance_state", "正常缴费（灵活就业）", "active"),
        ("reception_state", "已办结", "已接收"),
        ("reception_state", "转接中", "未接收"),
        ("reception_state", "已驳回", "退回"),
        ("membership_state", "党籍正常", "正常"),
        ("membership_state", "出党", None),
        ("politics", "党员（已除名）", None),
        ("flow_direction", "外出流动", "流出"),
    ],
)
def test_a_code_in_another_offices_words(name: str, cell: str, meant: str | None) -> None:
    assert map_cleaner(value_map(name))(cell).value == meant


@pytest.mark.parametrize(("cell", "meant"), [("未失联", False), ("已失联", True), ("0-否", False), ("不详", None)])
def test_yes_and_no_in_another_offices_words(cell: str, meant: bool | None) -> None:
    assert yes_no_cleaner(value_map("yes_no"))(cell).value is meant
