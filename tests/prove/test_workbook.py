"""A ledger of 70,000 persons as a workbook: written in half a minute, every identifier whole."""

from __future__ import annotations

import io
from datetime import date
from time import perf_counter
from typing import Any

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from reports.workbook.book import written
from reports.workbook.sheets import VersionTables, version_sheets
from schemas.contracts import ledger_table

pytestmark = pytest.mark.prove

PERSONS, SECONDS = 70_000, 30
DAY = date(2026, 11, 19)


def person(at: int) -> dict[str, Any]:
    code = ("P1", "Y1", "L1", "N0", "F1")[at % 5]
    piece = {"source": "platform", "file": "蓝骑骑手花名册.xlsx", "sheet": "在职", "row": at, "record_id": f"LQ{at}",
             "role": "worker", "match_class": "exact", "match_weight": 31.5,
             "fields": ["name", "id_number"]}  # fmt: skip
    return {
        "person_key": f"p-{at:026d}", "member_no": f"{at:010d}", "id_token": "k:" + "0" * 64, "name_masked": "张*",
        "sex": "male", "birth_year": 1990, "ethnicity": "汉族", "occupation_groups": ["外卖骑手"],
        "platforms": ["蓝骑"],
        "units": [f"某区第{at % 900}配送服务有限公司"], "work_street": f"第{at % 40}街道", "home_street": "城北街道",
        "member_type": "正式党员", "joined_on": DAY, "home_org_code": "500",
        "home_org_name": "中共某区某街道第一支部委员会",
        "primary_status": code, "statuses": [code], "match_class": "exact", "match_weight": 31.5,
        "match_probability": 1.0, "match_reason": "身份证号完整一致，姓名相符", "flags": [], "evidence": [piece, piece],
        "leads": [] if code == "N0" else [{"code": code, "state": "线索"}], "lead_state": None, "objection": False,
        "host_org_code": "501", "host_org_name": "中共某区网约配送行业委员会",
        "host_rule": "第三顺位：行业党委归口（外卖骑手）",
        "first_seen": DAY, "last_seen": DAY, "changed_on": DAY,
    }  # fmt: skip


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table(name).schema])
    return pa.Table.from_pylist(rows, schema=schema)


def test_seventy_thousand_persons_are_written_in_half_a_minute() -> None:
    ledger = table("ledger", [person(at) for at in range(PERSONS)])
    tables = VersionTables(ledger, table("coverage", []), table("changes", []), None)
    started = perf_counter()
    sheets = version_sheets(tables, {"source_titles": {"platform": "平台"}, "status_basis": {}})
    data = written(sheets, "某区", DAY)
    seconds = perf_counter() - started
    print(f"{PERSONS} persons: {seconds:.1f} s, {len(data) >> 20} MB")
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        rows = book.get_sheet_by_name("一本账").to_python()
    at = rows[1].index("党员编号")
    assert [row[at] for row in rows[2:]] == ledger["member_no"].to_pylist()
    assert seconds < SECONDS
