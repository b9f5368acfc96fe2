"""Hand-made districts on who belongs in the ledger: other trades, and sources that a district adds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.flows.ledger.cases import FIRST, Case, new_case


@pytest.fixture(scope="module")
def other_trades(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c01_not_new_employment", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    return case


def test_only_the_rider_is_in_the_ledger_not_the_teacher_the_worker_or_the_shop_owner(other_trades: Case) -> None:
    assert {number: row["occupation_groups"] for number, row in other_trades.people().items()} == {
        "DY0006": ["外卖骑手"]
    }


def test_who_is_out_of_scope_is_counted_by_source_and_reason(other_trades: Case) -> None:
    found = {(line.title, line.reason): line.people for line in other_trades.summaries[0].outside}
    assert found == {
        ("人社", "单位、岗位都不属新就业群体"): 1,
        ("人社", "单位是机关、事业单位或社会团体"): 2,
        ("市场监管", "单位、岗位都不属新就业群体"): 3,
    }


def test_a_source_the_district_adds_puts_people_in_and_a_residence_file_lends_addresses_only(tmp_path: Path) -> None:
    case = new_case("c18_extra_sources", tmp_path)
    case.home.sources.mkdir(exist_ok=True)
    for contract in (case.folder / "contracts").glob("*.toml"):
        shutil.copy(contract, case.home.sources)
    drop = Path(shutil.copytree(case.folder / "drop1", tmp_path / "drop"))
    residence = drop / "police" / "公安实有人口.csv"
    residence.write_text(residence.read_text("utf-8") + "5,邮甲员,500113198001010035,,石栈街道柳林社区5号\n", "utf-8")
    case.night(drop, FIRST)
    people = case.people()
    assert {number: row["occupation_groups"] for number, row in people.items()} == {
        "DY0001": ["快递员"], "DY0002": ["其他新就业"], "DY0003": ["网络主播"],
    }  # fmt: skip
    assert people["DY0001"]["home_street"] == "石栈街道"
    assert [(line.title, line.people) for line in case.summaries[0].outside] == [("公安", 2)]
