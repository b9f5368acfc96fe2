"""Chinese for the codes that stand in published tables."""

from __future__ import annotations

from reports import words
from reports.words import CHANGES, CLASSES, DOUBTS, FLAGS, LEVELS, ROLES, RULES, SCOPES, SEXES

SOURCES = {
    "party_members": "党员名册", "party_transfers": "转接台账", "floating_members": "流动登记",
    "party_organisations": "党组织名册", "market_regulation": "市场监管", "human_resources": "人社",
    "transport": "交通", "platform": "平台", "self_reports": "党员报到",
}  # fmt: skip
FIELDS = {"name": "姓名", "id_number": "证件号", "phone": "手机", "birth_date": "出生日期", "sex": "性别"}
VERDICTS = {"link": "是同一人", "not_link": "不是同一人", "unsure": "不确定", "withdrawn": "已撤销"}
RUN_STATES = {
    "running": "进行中", "failed": "失败", "refused": "被拒绝", "discarded": "已放弃", "done": "完成",
}  # fmt: skip
ACTS = {
    "login": "登录", "login_failed": "登录失败", "login_closed": "登录被暂停", "logout": "退出",
    "view_pair": "查看待核对",
    "judge": "判断", "judge_unit": "答复单位疑问", "judge_remit": "答复党组织接收范围",
    "undo": "撤销判断", "unmask": "查看原件", "refused": "被拒绝", "view_person": "查看一人",
    "object": "登记异议", "answer": "答复异议", "check": "登记核查结果",
    "analyse": "答复情况不符", "view_people": "查看名单", "find_by_id": "按证件号查找",
    "unmask_refused": "查看原件未成",
    "import_tasks": "读回任务表", "export_tasks": "导出任务表", "account": "账号变动", "publish": "发布",
    "erase": "删除", "rollback": "回退", "export": "导出", "return_sheets": "导出退回表", "view_audit": "查看审计日志",
    "session_expired": "会话过期", "map_headers": "更正表头",
}  # fmt: skip


def word(table: dict[str, str], code: object) -> str:
    """The Chinese of a code; the code itself where there is none."""
    return table.get(str(code), str(code)) if code is not None else "—"


COLUMNS = {**words.FIELDS, **words.COLUMNS}

__all__ = [
    "ACTS", "CHANGES", "CLASSES", "COLUMNS", "DOUBTS", "FIELDS", "FLAGS", "LEVELS", "ROLES", "RULES", "RUN_STATES",
    "SCOPES", "SEXES", "SOURCES", "VERDICTS", "word",
]  # fmt: skip
