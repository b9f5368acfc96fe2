"""What an audited act is called in Chinese; one nobody named here shows its own word."""

from __future__ import annotations

_TITLES = {
    "access_report": "开具个人信息查阅单",
    "account": "账号",
    "answer": "答复异议",
    "assessment": "生成影响评估与处理记录",
    "backup": "备份",
    "check": "登记核查结果",
    "erase": "删除",
    "export": "导出到别的系统",
    "export_identified": "导出实名数据",
    "export_refused": "导出实名数据被拒绝",
    "export_tasks": "导出核查任务",
    "find_by_id": "按证件号查找",
    "import_tasks": "导入核查结果",
    "judge": "人工判断",
    "judge_remit": "答复党组织接收范围",
    "judge_unit": "答复单位疑问",
    "login": "登录",
    "login_closed": "登录被暂停",
    "login_failed": "登录失败",
    "logout": "退出",
    "map_headers": "更正表头",
    "object": "登记异议",
    "originals_differ": "原件与一本账不符，未给出",
    "prune": "销毁旧版本",
    "publish": "发布",
    "purge": "销毁到期数据",
    "refused": "无权，已拒绝",
    "restore": "恢复备份",
    "return_sheets": "导出退回表",
    "rollback": "回退",
    "rotate_begin": "开始更换密钥",
    "rotate_keys": "更换密钥",
    "undo": "撤销判断",
    "unmask": "查看原件",
    "unmask_refused": "查看原件未成",
    "view_audit": "查看审计日志",
    "view_pair": "查看待核对",
    "view_people": "查看一本账",
    "view_person": "查看一个人",
}


def act_title(what: str) -> str:
    """The act in Chinese."""
    return _TITLES.get(what, what)
