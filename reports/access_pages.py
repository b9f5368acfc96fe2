"""A person's own page of what is held about them, and the letter that asks a sender to correct it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.ledger_lines import person_lines
from reports.page import page, paragraph, section, table
from reports.words import ACTS, FIELDS
from schemas.policy import Policy
from schemas.provenance import Provenance


@dataclass(frozen=True)
class PersonDisclosure:
    """What is told of one person."""

    person: Mapping[str, Any]
    """`version`, `as_of`, `row`, `aliases`, as `sanzhao ledger show` has them."""
    provenances: Mapping[str, Provenance]
    titles: Mapping[str, str]
    counts: list[tuple[str, int]]
    acts: list[dict[str, Any]]
    policy: Policy
    district: str
    at: str


def access_page(disclosure: PersonDisclosure) -> bytes:
    """Everything held about the person; for nobody but them."""
    row = disclosure.person["row"]
    where = [_place(disclosure, entry) for entry in row["evidence"]]
    seen = [(act["at"], act["who"], ACTS.get(act["what"], act["what"]), act["why"] or "") for act in disclosure.acts]
    rights = [
        ("更正", "内容不对的，可要求更正；本单位向原报送单位发更正函"),
        ("异议", "不认可线索的，可提出异议；答复之前各项状态不再对外显示"),
        ("删除", "依法应当删除的，从保留的各版中删除，以后不再列入"),
    ]
    return page(
        "个人信息查阅单",
        f"{disclosure.district}　编号 {row['person_key']}　版本 {disclosure.person['version']}　"
        f"开具 {disclosure.at}　只交本人",
        [
            section(
                "一、记有哪些",
                table(("项目", "内容"), person_lines(row, disclosure.person["aliases"], disclosure.policy)),
            ),
            section(
                "二、从哪里来", table(("来源", "提供单位", "用途", "依据", "批准文号", "文件", "行", "用到的栏"), where)
            ),
            section("三、还存有", table(("种类", "数"), disclosure.counts)),
            section("四、谁看过、用过", table(("时间（UTC）", "谁", "做了什么", "理由"), seen)),
            section("五、本人的权利", table(("权利", "办法"), rights)),
        ],
    )


def _place(disclosure: PersonDisclosure, entry: Mapping[str, Any]) -> tuple[str, ...]:
    from_whom = disclosure.provenances.get(entry["source"])
    said = (
        (from_whom.provider, from_whom.purpose, from_whom.legal_basis, from_whom.approval_no)
        if from_whom
        else ("—",) * 4
    )
    return (
        disclosure.titles.get(entry["source"], entry["source"]),
        *said,
        _file(entry),
        f"第{entry['row']}行",
        _fields(entry),
    )


def _file(entry: Mapping[str, Any]) -> str:
    """The file a row stands in, and of which night: a file of the same name comes again with other rows."""
    name = f"{entry['file']}「{entry['sheet']}」" if entry["sheet"] else str(entry["file"])
    return f"{name}（{entry['landed_on'].isoformat()} 收）" if entry.get("landed_on") else name


def _fields(entry: Mapping[str, Any]) -> str:
    return "、".join(FIELDS.get(name, name) for name in entry["fields"]) or "全行"


def correction_page(disclosure: PersonDisclosure, source: str) -> bytes:
    """The letter to a source's sender: which rows, and room for what is right; no status, no word of the Party."""
    mine = [row for row in disclosure.person["row"]["evidence"] if row["source"] == source]
    from_whom = disclosure.provenances.get(source)
    provider = from_whom.provider if from_whom else disclosure.titles.get(source, source)
    rows = [(_file(entry), f"第{entry['row']}行", "", "") for entry in mine]
    return page(
        "个人信息更正函",
        f"致：{provider}　文号 {from_whom.approval_no if from_whom else '—'}　{disclosure.at[:10]}　内部资料",
        [
            paragraph("贵单位报送的下列记录，经本人提出，内容有误，请核实并更正后重新报送；如核实无误，请说明。"),
            section("请核实的记录", table(("文件", "行", "哪一栏（填写）", "应为（填写）"), rows)),
            paragraph("经办人：＿＿＿＿＿＿　审核人：＿＿＿＿＿＿　日期：＿＿＿＿＿＿　（盖章）"),
        ],
    )
