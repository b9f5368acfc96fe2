"""Columns about somebody else: an emergency contact beside a driver never becomes a driver, nor lends a telephone."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.flows.staging.night import book, staged

DRIVER = ["向秀芬", "500113196903072842", "13812345679"]
CONTACT = ["周强", "500113197001010013", "13900000001"]
HEAD = ["姓名", "身份证号", "电话"]


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("gb18030")


SHEETS: dict[str, list[list[str]]] = {
    "the same words side by side": [
        ["司机信息", "", "", "紧急联系人", "", ""], [*HEAD, *HEAD], [*DRIVER, *CONTACT],
    ],
    "a telephone only": [["", "", "", "紧急联系人", ""], [*HEAD, "关系", "电话"], [*DRIVER, "配偶", CONTACT[2]]],
    "a row between": [
        ["某公司司机表", "", "", "", "", ""], ["本人", "", "", "车主", "", ""], [*HEAD, "姓名", "", "电话"],
        [*DRIVER, CONTACT[0], "", CONTACT[2]],
    ],
}  # fmt: skip


@pytest.mark.parametrize("rows", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("write", [book, as_csv])
def test_a_contact_is_not_read(tmp_path: Path, rows: list[list[str]], write: object) -> None:
    assert callable(write)
    with staged(tmp_path, {"transport/a.xlsx" if write is book else "transport/a.csv": write(rows)}) as night:
        assert night.rows("select name, id_number, phones from stage_transport") == [
            (DRIVER[0], DRIVER[1], [DRIVER[2]])
        ]
        dropped = night.one("select columns_dropped from stage_files where source = 'transport'")
        assert any(text.endswith("/电话") for text in dropped)


def test_a_line_of_particulars_above_the_header_is_about_nobody(tmp_path: Path) -> None:
    rows = [["填报单位：某公司", "", "联系人：李某"], HEAD, DRIVER]
    with staged(tmp_path, {"transport/a.csv": as_csv(rows)}) as night:
        assert night.rows("select name, phones from stage_transport") == [(DRIVER[0], [DRIVER[2]])]


def test_whom_the_source_is_about_may_stand_above(tmp_path: Path) -> None:
    rows = [["主体", "", "负责人", ""], ["名称", "统一社会信用代码", "姓名", "电话"], ["某店", "", *DRIVER[::2]]]
    with staged(tmp_path, {"market_regulation/a.csv": as_csv(rows)}) as night:
        assert night.rows("select name, phones from stage_market_regulation") == [(DRIVER[0], [DRIVER[2]])]
