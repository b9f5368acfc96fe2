"""A drop of some dozen invented people, made so that every pair a reviewer needs waits in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

DAY, NEXT_DAY = date(2026, 11, 19), date(2026, 11, 20)
STREETS = ("云溪街道", "石栈街道")
MARKUP = '<img src=x onerror="window.hacked=1">配送'
MARKUP_FILE = "闪达<img src=x onerror=window.hacked=1>.csv"
_GIVEN = "承波 紫梅 庆元 振元 雨桐 国栋 晓岚 文博 海燕 志强 春生 立新 玉兰 建业 思远 长河 明霞 金宝".split()  # noqa: SIM905
_SURNAMES = "郭徐冉潘申蔡岳竺谭黎侯祁"
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
WAITING = 16
"""Pairs with the same name and birth date and nothing else: for a person."""

NURSE, MASKED, NOWHERE = WAITING + 4, WAITING + 5, WAITING + 6
"""Members who are in no ledger: out of its scope, known to a platform by surname alone, in no other file."""


def id_number(born: date, sequence: int) -> str:
    """A valid ID of nobody's: the region is not in use."""
    head = f"500199{born:%Y%m%d}{sequence:03d}"
    return head + _CHECKS[sum(int(digit) * weight for digit, weight in zip(head, _WEIGHTS, strict=True)) % 11]


def members() -> list[dict[str, str]]:
    """The roll, one row a member; the first WAITING of them have a namesake in the platform's list."""
    rows = []
    for at in range(WAITING + 24):
        born = date(1980 + at % 19, at % 12 + 1, at % 27 + 1)
        rows.append(
            {
                "党员编号": f"50990{at:04d}",
                "姓名": _SURNAMES[at % 12] + _GIVEN[(at * 7) % 18],
                "身份证号": id_number(born, 100 + at * 3),
                "出生日期": born.isoformat(),
                "人员类别": "正式党员",
                "入党日期": "2010-07-01",
                "所在党支部": f"中共澜江区{STREETS[at % 2]}第一支部委员会",
                "党组织代码": f"50019900000{at % 2 + 1}",
                "手机号码": f"139{at:08d}",
                "家庭住址": f"澜江区{STREETS[at % 2]}桥头社区{at}号",
                "工作单位": "澜江区某机械厂",
                "党籍状态": "正常",
                "是否失联": "是" if at >= WAITING + 22 else "否",
            }
        )
    return rows


def write_drop(folder: Path) -> Path:
    """The drop's files; gives the folder."""
    roll = members()
    riders = [
        (
            "闪达",
            f"S{at:04d}",
            row["姓名"],
            row["出生日期"],
            "闪达桥头站",
            MARKUP if at < 2 else "澜江区腾和快递有限公司",
        )
        for at, row in enumerate(roll[:WAITING])
    ]
    certain = [
        ("蓝骑", f"L{at:04d}", row["姓名"], row["身份证号"], row["手机号码"]) for at, row in enumerate(roll[-6:])
    ]
    orgs = [
        (f"50019900000{at + 1}", f"中共澜江区{street}第一支部委员会", "党支部", street)
        for at, street in enumerate(STREETS)
    ]
    orgs += [(f"50019900001{at}", f"中共澜江区{street}工作委员会", "党委", street) for at, street in enumerate(STREETS)]
    _write(folder / "party_members/党员名册.csv", list(roll[0]), [list(row.values()) for row in roll])
    _write(folder / "party_organisations/党组织名册.csv", ["党组织代码", "党组织名称", "组织类别", "所属镇街"], orgs)
    titles = ["平台", "骑手编号", "姓名", "出生日期", "站点", "合作商"]
    _write(folder / "platform" / MARKUP_FILE, titles, [row for at, row in enumerate(riders) if at < 4])
    _write(folder / "platform/闪达骑手.csv", titles, [row for at, row in enumerate(riders) if at >= 4])
    _write(folder / "platform/蓝骑骑手.csv", ["平台", "骑手编号", "姓名", "身份证号", "手机号"], certain)
    _write(folder / "human_resources/人社.csv", ["姓名", "社会保障号码", "单位名称", "就业形式"], [
        (roll[NURSE]["姓名"], roll[NURSE]["身份证号"], "澜江区人民医院", "单位就业")
    ])  # fmt: skip
    masked = roll[MASKED]["身份证号"]
    _write(folder / "platform/飞燕骑手.csv", ["平台", "骑手编号", "姓名", "身份证号"], [
        ("飞燕", "Y0001", f"{roll[MASKED]['姓名'][0]}*", f"{masked[:6]}********{masked[-4:]}")
    ])  # fmt: skip
    for source in ("party_members", "party_organisations", "platform", "human_resources"):
        (folder / source / "provenance.toml").write_text(_PROVENANCE, "utf-8")
    return folder


def _write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        writer.writerows(rows)


_PROVENANCE = """
provider = "示例单位"
purpose = "两个覆盖摸排"
legal_basis = "履行法定职责"
approval_no = "示例〔2026〕1号"
owner = "责任人"
contact = "000-00000000"
retention_days = 30
"""
