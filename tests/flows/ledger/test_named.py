"""Where no cell says it, a station's name gives its street and a file's name its platform; nothing where unsure."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.home.file_names import sender_of
from flows.ledger.named import platform_in, platform_of_sender, street_in
from schemas.policy import load_policy
from tests.flows.ledger.district import District, build, context, ledger_of, number_of

STREETS = ("鱼洞街道", "龙洲湾街道", "李家沱街道", "花石镇", "花石垭镇", "木洞镇", "木洞街道", "东温泉镇")
PLATFORMS = {name: brand.name for brand in load_policy().brands for name in (brand.name, *brand.aliases)}


@pytest.mark.parametrize(
    ("station", "street"),
    [
        ("鱼洞一站", "鱼洞街道"),
        ("巴南鱼洞街道滨江路站", "鱼洞街道"),
        ("美团外卖（李家沱万达站）", "李家沱街道"),
        ("花石垭站", "花石垭镇"),
        ("花石站", "花石镇"),
        ("东温泉镇驿站", "东温泉镇"),
        ("鱼洞龙洲湾站", None),
        ("木洞站", None),
        ("鱼洞路站", None),
        ("龙洲湾大道店", None),
        ("鱼洞路鱼洞站", "鱼洞街道"),
        ("解放碑站", None),
        ("洞", None),
        ("", None),
        (None, None),
    ],
)
def test_the_street_of_a_station_is_the_one_its_name_names(station: str | None, street: str | None) -> None:
    assert street_in(station, STREETS) == street
    assert street_in(station, reversed(STREETS)) == street


@pytest.mark.parametrize(
    ("texts", "platform"),
    [
        (("美团骑手名单-11月.xlsx", "Sheet1"), "美团"),
        (("平台数据.zip/饿了么众包.csv", None), "饿了么"),
        (("蜂鸟配送员.xlsx", None), "饿了么"),
        (("京东物流司机.csv", None), "京东物流"),
        (("骑手名单.xlsx", "顺丰速运"), "顺丰"),
        (("骑手名单.xlsx", "Sheet3", "中通快递巴南分公司"), "中通"),
        (("didi-1120.xlsx", None), "滴滴"),
        (("ems_1120.csv", None), "邮政速递"),
        (("美团和饿了么骑手.xlsx", "美团"), None),
        (("items.xlsx", "sheet3", None), None),
        (("邮政管理局报送快递员.xlsx", None), None),
        (("骑手名单.xlsx", "Sheet1", "某局"), None),
    ],
)
def test_the_platform_of_a_file_is_the_one_its_name_names(texts: tuple[str | None, ...], platform: str | None) -> None:
    assert platform_in(texts, PLATFORMS) == platform


@pytest.mark.parametrize(
    ("file", "platform"),
    [
        ("蓝骑骑手信息-东片区.xlsx", "蓝骑"),
        ("迅风速递快递员花名册.xlsx", "迅风速递"),
        ("星播主播签约名单.xlsx", "星播"),
        ("运满达货运司机.xlsx", "运满达"),
        ("青鸟平台在职骑手2026年11月.csv", "青鸟"),
        ("白鸽跑腿人员名单.csv", "白鸽跑腿"),
        ("东城区骑手名单.xlsx", None),
        ("石栈街道外卖骑手.csv", None),
        ("全区快递员.csv", None),
        ("外卖骑手名单.csv", None),
        ("名单.xlsx", None),
        ("2026-11.csv", None),
        ("新增人员.csv", None),
        ("党员骑手.xlsx", None),
        ("platform.csv", None),
    ],
)
def test_an_unknown_platform_is_what_its_files_name_begins_with(file: str, platform: str | None) -> None:
    assert platform_of_sender(sender_of(file), load_policy().scope) == platform


def test_the_ledger_has_the_platform_and_the_street_that_only_names_say(tmp_path: Path) -> None:
    district = District()
    district.org("鱼洞街道党工委", "O1", "党委", street="鱼洞街道")
    district.org("李家沱街道党工委", "O2", "党委", street="李家沱街道")
    cells = [
        {"file": "美团骑手.xlsx", "station": "鱼洞一站"},
        {"file": "骑手名单.xlsx", "station": "万达站"},
        {"file": "美团骑手.xlsx", "station": "鱼洞一站", "street": "李家沱街道", "platform": "闪达"},
        {"file": "闪达骑手.xlsx", "station": None},
        {"file": "饿了么保洁.xlsx", "station": "鱼洞一站", "source": "human_resources"},
    ]
    for turn, row in enumerate(cells):
        name, number = f"张{'一二三四五'[turn]}", number_of(turn)
        station = row.pop("station")
        if row.get("source") != "human_resources":
            row["station"] = station
        district.worker(name, number, district.member(name, number), **row)
    con = build(district, context(tmp_path))
    found = {row["member_no"]: (row["platforms"], row["work_street"]) for row in ledger_of(con)}
    # 闪达's row says where its own 鱼洞一站 lies: a cell beats the name. 美团's station of that name is another one.
    assert [found[number] for number in sorted(found)] == [
        (["美团"], "鱼洞街道"), ([], None), (["闪达"], "李家沱街道"), (["闪达"], None), ([], None),
    ]  # fmt: skip
    froms = con.execute(
        "select platform_from, street_from from placed_work join work_rows using (row_key) order by row_key"
    ).fetchall()
    assert froms == [("name", "station"), (None, None), ("cell", "cell"), ("name", None), (None, None)]
