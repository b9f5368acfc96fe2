"""应建尽建 over spellings of units (tests/cases/domain/c05_unit_names), as its expected.txt says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flows.ledger.cases import FIRST, Case, new_case


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    made = new_case("c05_unit_names", Path(tmp_path_factory.mktemp("c05")))
    made.night("drop1", FIRST)
    return made


@pytest.fixture(scope="module")
def units(case: Case) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in case.table("coverage") if row["scope"] == "unit"}


@pytest.mark.parametrize(
    ("name", "full", "words"),
    [
        ("重庆蓝骑网络科技有限公司", 5, "应建党支部"),
        ("星河配送(重庆)有限公司", 3, "应建党支部"),
        ("三正配送有限公司", 3, "应建党支部"),
        ("七正配送有限公司", 7, "应设支委会"),
        ("石栈北站", 4, "应建党支部"),
        ("流动配送有限公司", 1, "流动党员党支部"),
        ("迅风快递", 3, "应建党支部"),
        ("二正一预配送有限公司", 2, "联合党支部"),
        ("双号配送有限公司", 2, "联合党支部"),
        ("失联配送有限公司", 1, "联合党支部"),
        ("小甲配送部", 1, "联合党支部"),
        ("小乙配送部", 1, "联合党支部"),
        ("小丙配送部", 1, "联合党支部"),
    ],
)
def test_a_unit_is_advised_over_all_its_spellings(
    units: dict[str, dict[str, Any]], name: str, full: int, words: str
) -> None:
    assert (units[name]["full_members"], words in (units[name]["suggestion"] or "")) == (full, True)


@pytest.mark.parametrize("name", ["重庆蓝鲸供应链管理有限公司", "已建配送有限公司"])
def test_a_unit_with_a_branch_of_its_own_gets_no_new_one(units: dict[str, dict[str, Any]], name: str) -> None:
    assert (units[name]["coverage"], units[name]["suggestion"]) == ("单独组建", None)


def test_no_unit_joins_itself_nobody_who_left_is_counted_and_joint_branches_stay_small(
    case: Case, units: dict[str, dict[str, Any]]
) -> None:
    assert "离职配送有限公司" not in units
    assert all(row["name"] not in (row["suggestion"] or "") for row in units.values())
    assert sum("加入联建配送联合党支部" in (row["suggestion"] or "") for row in units.values()) <= 3
    names = {row["name"]: row for row in case.table("units")}
    branch = names["重庆蓝骑网络科技有限公司巴南分公司"]
    assert (branch["kind"], branch["parent"]) == ("分公司", names["重庆蓝骑网络科技有限公司"]["unit_key"])
