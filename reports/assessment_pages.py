"""个人信息保护影响评估 (draft) and 处理活动记录: what is configured, put in the order the law asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from reports.page import page, paragraph, section, table
from reports.templates import part
from reports.words import ACTS
from schemas.contracts import SourceContract
from schemas.provenance import Provenance

_WAYS = {
    "drop": "人工投递", "folder": "共享文件夹", "sftp": "SFTP（核对主机密钥）", "s3": "对象存储", "http": "HTTPS 接口",
    "postgres": "数据库只读查询",
}  # fmt: skip
_SENSITIVE = {
    "id_number": "证件号码", "phones": "手机", "home_address": "住址", "address": "地址", "birth_date": "出生日期",
    "ethnicity": "民族",
}  # fmt: skip
_RISKS = (
    (
        "认错人，给人造成不利影响",
        "同名、数据有误",
        "姓名相同不列；打码与冲突否决；拿不准的交人；线索未经核实不算数；异议即冻结",
        "低",
    ),
    (
        "与党员无关的人的信息被留存",
        "各来源人数远多于党员",
        "只在加密工作区内，收尾销毁；一本账中只有计数；每晚留销毁记录",
        "低",
    ),
    ("一本账外泄", "拷走文件", "不含完整姓名、证件号、手机；文件 0600；标“内部资料”；实名只能加密导出", "中"),
    ("原件副本外泄", "磁盘、备份丢失", "SM4-GCM 密封，密钥另放；到期销毁；备份写明销毁日期", "低"),
    ("内部人员随意查看", "有账号的人好奇", "默认打码；看原件要理由；按镇街分权；全部记入防改的审计日志", "中"),
    ("记号被反推", "身份证号可枚举", "用带密钥的 HMAC-SM3，密钥与数据分开，可更换", "低"),
    ("超出目的使用", "导出后另作他用", "来源须写明用途、依据、批准文号；导出记录理由与去向", "中"),
)


@dataclass(frozen=True)
class Processing:
    """What the district processes, as configured."""

    district: str
    at: str
    sources: Mapping[str, SourceContract]
    provenances: Mapping[str, Provenance]
    ways: Mapping[str, str]
    targets: Mapping[str, str]
    retention: list[tuple[str, str, str]]
    shared: list[tuple[str, str, str, str]]


def assessment_page(about: Processing) -> bytes:
    """The draft: filled from the configuration where that says it, with blanks where only a person can."""
    lacking = [contract.title for name, contract in about.sources.items() if name not in about.provenances]
    return page(
        "个人信息保护影响评估（草稿）",
        f"{about.district}　生成 {about.at}　由配置生成，须由负责人核实、补充、签字；保存不少于三年",
        [
            section("一、处理目的、方式是否合法、正当、必要", _purposes(about), _blank("必要性说明（逐项填写）")),
            *([paragraph(f"以下来源还没有出处，不会被接收：{'、'.join(lacking)}", kind="warn")] if lacking else []),
            section("二、处理哪些个人信息", _fields(about)),
            section("三、对个人权益的影响及安全风险", table(("风险", "缘由", "已有措施", "剩余风险（建议）"), _RISKS)),
            section("四、保护措施与风险是否相适应", _blank("结论（填写）")),
            section("五、保存期限", table(("数据", "保存多久", "怎么销毁"), about.retention)),
            section("六、结论与签字", _blank("评估结论"), _blank("评估人　负责人　日期")),
        ],
    )


def record_page(about: Processing) -> bytes:
    """The record of processing and sharing."""
    targets = [
        (name, {"postgres": "PostgreSQL", "s3": "对象存储"}.get(kind, kind)) for name, kind in about.targets.items()
    ]
    shared = [(at, who, ACTS.get(what, what), why) for at, who, what, why in about.shared]
    return page(
        "个人信息处理活动记录",
        f"{about.district}　生成 {about.at}　保存不少于三年",
        [
            section("一、来源与依据", _purposes(about)),
            section("二、处理的字段", _fields(about)),
            section(
                "三、怎么处理",
                paragraph(
                    "收件（密封）→ 读取 → 比对 → 人工核对 → 成账 → 发布；全程离线，不作自动化决策，状态须由人核实。"
                ),
            ),
            section("四、提供给谁（配置）", table(("目标", "方式"), targets)),
            section("五、已发生的导出与提供", table(("时间（UTC）", "谁", "做了什么", "去向与理由"), shared)),
            section("六、保存期限", table(("数据", "保存多久", "怎么销毁"), about.retention)),
        ],
    )


def _purposes(about: Processing) -> Markup:
    rows = []
    for name, contract in about.sources.items():
        from_whom = about.provenances.get(name)
        said = (
            (from_whom.provider, from_whom.purpose, from_whom.legal_basis, from_whom.approval_no, from_whom.owner)
            if from_whom
            else ("（待填）",) * 5
        )
        rows.append((contract.title, *said, _WAYS.get(about.ways[name], about.ways[name])))
    return table(("来源", "提供单位", "用途", "依据", "批准文号", "责任人", "怎么来"), rows)


def _fields(about: Processing) -> Markup:
    rows = []
    for contract in about.sources.values():
        sensitive = [field.title for field in contract.imported if field.name in _SENSITIVE]
        others = [field.title for field in contract.imported if field.name not in _SENSITIVE]
        rows.append((contract.title, "、".join(sensitive), "、".join(others)))
    return table(("来源", "敏感或直接识别的栏", "其他读入的栏（未列的栏一概不读）"), rows)


def _blank(title: str) -> Markup:
    return part("blank", title)
