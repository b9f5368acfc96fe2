"""Who belongs to platform work and in which trade: people written down by hand with the right answer, text by text."""

from __future__ import annotations

import pytest

from flows.scope.rows import Outside, Placing, RowTexts, ScopeContext, TradeEvidence
from flows.scope.texts import TradeReader, plain_text, unit_keys
from schemas.contracts import shipped_sources
from schemas.policy import load_policy

POLICY = load_policy()
RIDER, COURIER, DRIVER, TRUCKER, HOST, HOME = "外卖骑手", "快递员", "网约车司机", "货车司机", "网络主播", "网约家政"
OTHER = "其他新就业"


def placing(known: ScopeContext | None = None) -> Placing:
    occupations = POLICY.occupations
    reader = TradeReader(POLICY)
    return Placing(reader, shipped_sources(), occupations.default, occupations.source_defaults, known or ScopeContext())


def row(source: str, **texts: str | None) -> RowTexts:
    names = ("sheet", "platform", "unit_name", "uscc", "station", "job", "industry")
    return RowTexts(source, texts.get("file") or "名单.csv", *(texts.get(name) for name in names))


PLATFORMS = {
    RIDER: "美团 美团外卖 饿了么 蜂鸟 闪送 UU跑腿 顺丰同城 达达 京东秒送 叮咚买菜",
    COURIER: "顺丰 顺丰速运 中通 圆通速递 申通 韵达 极兔速递 京东物流 京东快递 EMS ems 邮政 菜鸟驿站 德邦",
    DRIVER: "滴滴 滴滴出行 T3 Ｔ３出行 曹操出行 首汽约车 高德 美团打车 哈啰 嘀嗒出行",
    TRUCKER: "货拉拉 满帮 运满满 快狗打车 滴滴货运",
    HOST: "抖音 快手 淘宝直播 B站 小红书",
    HOME: "天鹅到家 58到家 好慷在家",
}


@pytest.mark.parametrize(
    ("platform", "trade"), [(name, trade) for trade, names in PLATFORMS.items() for name in names.split()]
)
def test_a_well_known_platform_tells_the_trade_by_its_name(platform: str, trade: str) -> None:
    found = placing().place(row("platform", platform=platform, job="众包"))
    assert (found.group, found.evidence, found.outside) == (trade, TradeEvidence.BRAND, None)


TRADES = [
    ({"platform": "蓝骑", "job": "专送", "headers": "骑手编号"}, RIDER, TradeEvidence.HEADER),
    ({"platform": "迅风速递", "job": "全职", "headers": "骑手编号"}, COURIER, TradeEvidence.PLATFORM),
    ({"platform": "某平台", "job": "专送"}, OTHER, TradeEvidence.DEFAULT),
    ({"platform": "某平台", "job": "众包"}, OTHER, TradeEvidence.DEFAULT),
    ({"platform": "某平台", "job": "全职"}, OTHER, TradeEvidence.DEFAULT),
    ({"file": "迅风速递快递员花名册.xlsx", "job": "全职"}, COURIER, TradeEvidence.FILE),
    ({"file": "美团.csv"}, RIDER, TradeEvidence.BRAND),
    ({"file": "名单.xlsx", "sheet": "网约车"}, DRIVER, TradeEvidence.FILE),
    ({"file": "货拉拉/司机.csv"}, TRUCKER, TradeEvidence.FILE),
    ({"headers": "快递员工号"}, COURIER, TradeEvidence.HEADER),
    ({"headers": "主播ID"}, HOST, TradeEvidence.HEADER),
    ({"headers": "司机编号"}, OTHER, TradeEvidence.DEFAULT),
    ({"unit_name": "重庆顺丰速运有限公司澜江分公司", "job": "骑手"}, COURIER, TradeEvidence.BRAND),
    ({"station": "美团外卖石栈站", "job": "快递员"}, RIDER, TradeEvidence.BRAND),
    ({"unit_name": "澜江区宏达外卖配送服务有限公司"}, RIDER, TradeEvidence.UNIT),
    ({"unit_name": "澜江区宏达物流有限公司", "job": "快递员"}, COURIER, TradeEvidence.JOB),
    ({"job": "网约配送员"}, RIDER, TradeEvidence.JOB),
    ({"job": "互联网营销师"}, HOST, TradeEvidence.JOB),
    ({}, OTHER, TradeEvidence.DEFAULT),
]


@pytest.mark.parametrize(("texts", "trade", "evidence"), TRADES)
def test_the_stronger_evidence_names_the_trade(texts: dict[str, str], trade: str, evidence: TradeEvidence) -> None:
    headers = {("platform", texts.get("file", "名单.csv"), texts.get("sheet")): (texts.get("headers", ""),)}
    found = placing(ScopeContext(headers=headers)).place(row("platform", **texts))
    wanted = TradeEvidence.FILE if texts.get("file") == "美团.csv" else evidence
    assert (found.group, found.evidence, found.outside) == (trade, wanted, None)


def test_weaker_evidence_of_another_trade_is_kept_for_the_clerk() -> None:
    assert placing().place(row("platform", platform="美团", job="快递员")).against == COURIER
    assert placing().place(row("platform", platform="美团", job="外卖骑手")).against is None


def test_a_clerks_word_on_a_sender_goes_before_everything() -> None:
    known = ScopeContext(trades_by_clerk={("platform", "名单.csv"): HOST})
    found = placing(known).place(row("platform", platform="美团"))
    assert (found.group, found.evidence, found.against) == (HOST, TradeEvidence.BY_CLERK, None)


HUMAN_RESOURCES = [
    ("澜江区第一中学", "单位就业", Outside.PUBLIC_BODY),
    ("澜江区人民医院", None, Outside.PUBLIC_BODY),
    ("澜江汽车零部件制造有限公司", "单位就业", Outside.OTHER_TRADE),
    ("重庆澜江水泥有限公司", None, Outside.OTHER_TRADE),
    ("澜江区交通运输局", "司机", Outside.PUBLIC_BODY),
    ("澜江区融媒体中心", "新闻主播", Outside.OFFICE_WORK),
    ("澜江区邮政管理局", "快递监管", Outside.PUBLIC_BODY),
    ("澜江区快递行业协会", None, Outside.PUBLIC_BODY),
    ("澜江区环卫所", "货车司机", Outside.PUBLIC_BODY),
    ("顺丰速运有限公司", "财务会计", Outside.OFFICE_WORK),
    ("顺丰速运有限公司", "人事专员", Outside.OFFICE_WORK),
    ("澜江区骑手之家便利店", "单位就业", Outside.OTHER_TRADE),
    ("老王外卖快餐店", "灵活就业", Outside.OTHER_TRADE),
    ("快递包装制品厂", "单位就业", Outside.OTHER_TRADE),
    ("中通客车股份有限公司", "单位就业", Outside.OTHER_TRADE),
    ("澜江区城市物业服务有限公司", "保洁员", Outside.OTHER_TRADE),
    ("某某人力资源有限公司", "单位就业", Outside.OTHER_TRADE),
    (None, "灵活就业", Outside.OTHER_TRADE),
    (None, "个体经营", Outside.OTHER_TRADE),
    ("顺丰速运有限公司", "单位就业", None),
    ("澜江区安隆快递有限公司", None, None),
    ("重庆滴滴出行科技有限公司", "单位就业", None),
    ("某某人力资源有限公司", "外卖骑手", None),
    (None, "新就业形态", None),
    (None, "新就业形态（网约配送）", None),
    (None, "灵活就业-外卖骑手", None),
    (None, "网络主播", None),
    ("澜江区人力资源和社会保障局", "灵活就业（快递员）", None),
    ("石栈街道柳林社区", "外卖骑手", None),
    ("老王饭店（外卖）", "单位就业", Outside.OTHER_TRADE),
    ("澜江鑫源出租车有限公司", "灵活就业", Outside.OTHER_TRADE),
    ("澜江区出租车服务中心", "灵活就业", Outside.OTHER_TRADE),
    ("澜江新闻传媒中心", "灵活就业", Outside.PUBLIC_BODY),
    ("澜江幼儿园", "新就业形态", Outside.PUBLIC_BODY),
    ("澜江外卖小哥驿站", "单位就业", Outside.PUBLIC_BODY),
    ("澜江区骑手之家", "单位就业", Outside.PUBLIC_BODY),
    ("澜江快递驿站", "单位就业", None),
    ("灵活就业人员", "货车司机", None),
    ("个体", "网约车司机", None),
    (None, "灵活就业（搬家运输）", None),
]


@pytest.mark.parametrize(("unit", "form", "outside"), HUMAN_RESOURCES)
def test_of_human_resources_only_people_of_platform_work_are_in(
    unit: str | None, form: str | None, outside: Outside | None
) -> None:
    assert placing().place(row("human_resources", unit_name=unit, job=form)).outside == outside


def test_a_unit_that_a_platform_names_brings_its_people_in() -> None:
    known = ScopeContext(units={plain_text("澜江区隆立汽车租赁有限公司"): DRIVER})
    inside = placing(known).place(row("human_resources", unit_name="澜江区隆立汽车租赁有限公司", job="单位就业"))
    assert (inside.outside, inside.group) == (None, DRIVER)
    office = placing(known).place(row("human_resources", unit_name="澜江区隆立汽车租赁有限公司", job="出纳"))
    assert office.outside == Outside.OFFICE_WORK


@pytest.mark.parametrize(
    "written",
    [
        "隆立汽车租赁有限责任公司",
        "渝州市澜江区隆立汽车租赁有限公司",
        "隆立（澜江）汽车租赁有限公司",
        "澜江区隆立汽车租赁有限公司枫桥分公司",
    ],
)
def test_a_known_unit_is_known_in_every_spelling(written: str) -> None:
    known = ScopeContext(units=dict.fromkeys(unit_keys("澜江区隆立汽车租赁有限公司"), DRIVER))
    assert placing(known).place(row("human_resources", unit_name=written, job="单位就业")).outside is None
    other = placing(known).place(row("human_resources", unit_name="澜江区隆立机械有限公司", job="单位就业"))
    assert other.outside == Outside.OTHER_TRADE


@pytest.mark.parametrize(
    ("unit", "outside"),
    [
        ("澜江区鑫驰企业管理有限公司", None),  # a partner of a platform, as many firms of this name are
        ("澜江区广聚劳务派遣有限公司", Outside.OTHER_TRADE),  # sends workers anywhere
    ],
)
def test_a_partner_brings_its_people_in_a_labour_agency_does_not(unit: str, outside: Outside | None) -> None:
    known = ScopeContext(units={plain_text(unit): RIDER})
    assert placing(known).place(row("human_resources", unit_name=unit, job="单位就业")).outside == outside


MARKET = [
    ("澜江区郑记小卖部", None, Outside.OTHER_TRADE),
    ("澜江区老冯火锅店", "餐饮", Outside.OTHER_TRADE),
    ("重庆澜江水泥有限公司", "C3011", Outside.OTHER_TRADE),
    ("澜江区网红火锅店", None, Outside.OTHER_TRADE),
    ("澜江区红星旅游客运有限公司", None, Outside.OTHER_TRADE),
    ("澜江区顺达快递服务部", None, None),
    ("中通快递澜江桥头营业点", None, None),
    ("澜江区王五货运部", None, None),
    ("澜江区腾飞直播文化传媒有限公司", None, None),
    ("澜江区宏远运输有限公司", "5431", None),
    ("澜江区宏远运输有限公司", "G5431", None),
    ("澜江区阿强餐饮配送服务部", None, None),
]


@pytest.mark.parametrize(("unit", "industry", "outside"), MARKET)
def test_of_market_regulation_only_units_of_platform_work_bring_their_head_in(
    unit: str, industry: str | None, outside: Outside | None
) -> None:
    assert placing().place(row("market_regulation", unit_name=unit, industry=industry)).outside == outside


LICENCES = [
    ("网约车", None, DRIVER),
    ("网络预约出租汽车驾驶员", None, DRIVER),
    ("货运", None, TRUCKER),
    ("道路货物运输驾驶员", None, TRUCKER),
    ("经营性道路旅客运输驾驶员", Outside.OTHER_LICENCE, None),
    ("巡游出租汽车驾驶员", Outside.OTHER_LICENCE, None),
    ("机动车驾驶培训教练员", Outside.OTHER_LICENCE, None),
    ("巡游出租、网约车", None, DRIVER),
    (None, Outside.UNKNOWN_LICENCE, None),
    ("其他", Outside.UNKNOWN_LICENCE, None),
]


@pytest.mark.parametrize(("kind", "outside", "trade"), LICENCES)
def test_of_transport_only_ride_hailing_and_freight_are_in(
    kind: str | None, outside: Outside | None, trade: str | None
) -> None:
    found = placing().place(row("transport", job=kind))
    assert found.outside == outside
    assert trade is None or found.group == trade


def test_a_licence_without_its_kind_speaks_through_its_file_and_firm() -> None:
    assert placing().place(row("transport", file="网约车驾驶员.xlsx")).outside is None
    assert placing().place(row("transport", unit_name="滴滴出行")).outside is None
    assert placing().place(row("transport", file="客运驾驶员.xlsx")).outside == Outside.UNKNOWN_LICENCE


OWN_JOBS = [
    ("外卖骑手", "蓝骑", RIDER),
    ("外卖骑手", "澜江区恒信企业管理有限公司", RIDER),
    ("外卖骑手", "蓝骑配送大学城站", RIDER),
    ("网约车司机", "顺途出行局前街服务站", DRIVER),
    ("网络主播", None, HOST),
    ("卡车司机", "个体", TRUCKER),
    ("送外卖", "美团", RIDER),
    ("小哥", "美团", RIDER),
    (None, "顺丰速运有限公司", COURIER),
    ("揽投员", "中国邮政澜江分公司", COURIER),
    ("月嫂", None, HOME),
    ("外卖骑手（兼站内管理）", "美团", RIDER),
    ("货车司机", "澜江区环境卫生管理所", None),
    ("司机（货车司机）", "石栈镇公路养护站", None),
    ("货车司机", "云川县市政设施管理中心", None),
    ("快递公司管理人员", "迅风速递有限公司", None),
    ("财务会计", "顺丰速运有限公司", None),
    ("文员", "韵达", None),
    ("退休（原快递员）", None, None),
    ("原外卖骑手", None, None),
    ("快递员", "退休", None),
    ("新闻主播", "澜江区融媒体中心", None),
    ("主持人", "澜江区广播电台", None),
    ("货车司机", "澜江区环卫局", None),
    ("司机", "澜江区环境卫生管理所", None),
    ("会长", "澜江区快递行业协会", None),
    ("秘书长", "澜江区外卖配送协会", None),
    ("副局长", "澜江区邮政管理局", None),
    ("教师", "澜江区第一中学", None),
    ("工人", "澜江汽车零部件制造有限公司", None),
    (None, None, None),
    ("老板", "老王外卖饭店", None),
    ("快递驿站老板", None, None),
    ("程序员", "滴滴出行科技有限公司", None),
    ("客服", "饿了么", None),
    ("直播运营", "星播传媒", None),
    ("工作人员", "澜江外卖小哥驿站", None),
    ("社工", "澜江快递小哥驿站", None),
    ("专职党务工作者", "澜江新业态党群服务中心", None),
    ("司机", "澜江鑫源出租车有限公司", None),
]


@pytest.mark.parametrize(("job", "unit", "trade"), OWN_JOBS)
def test_a_rolls_own_words_show_platform_work_or_work_of_another_kind(
    job: str | None, unit: str | None, trade: str | None
) -> None:
    assert placing().own_trade(job, unit) == trade
