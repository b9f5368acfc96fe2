"""Chinese for the codes that stand in published tables."""

from __future__ import annotations

SOURCES = {
    "party_members": "党员名册", "party_transfers": "转接台账", "floating_members": "流动登记",
    "party_organisations": "党组织名册", "market_regulation": "市场监管", "human_resources": "人社",
    "transport": "交通", "platform": "平台", "self_reports": "党员报到",
}  # fmt: skip
DOUBTS = {
    "two_candidates": "两个以上可能的人", "conflict": "相互矛盾", "weak_evidence": "证据偏弱",
    "masked_only": "只有打码信息", "duplicate_roll_entry": "名册重复登记",
}  # fmt: skip
LEVELS = {
    "exact": "相同", "simplified": "繁简相同", "sound": "同音", "swapped": "次序颠倒", "near_sound": "音近",
    "placeholder": "有缺字", "masked": "有遮掩", "one_character": "差一字", "different": "不同", "full": "全部一致",
    "first15": "前15位一致", "head6_tail4": "前6后4位一致", "tail4": "后4位一致", "partial": "可见部分一致",
    "one_digit": "差一位", "conflict": "不一致", "head3_tail4": "前3后4位一致", "year_month": "年月一致",
    "year": "年份一致", "same": "一致", "null": "一方未填",
}  # fmt: skip
FIELDS = {"name": "姓名", "id_number": "证件号", "phone": "手机", "birth_date": "出生日期", "sex": "性别"}
ROLES = {
    "roll": "党员名册", "transfer": "转接台账", "floating": "流动登记", "worker": "从业数据",
    "self_report": "本人报到", "organisation": "党组织名册",
}  # fmt: skip
CLASSES = {
    "exact": "证件相符", "strong": "强证据", "confirmed": "人工确认", "own_job": "本人岗位", "declared": "自报",
    "self_report": "报到",
}  # fmt: skip
FLAGS = {
    "phone_of_another": "电话属于另一人", "shared_phone": "几人同用一个电话", "duplicate_roll_entry": "名册重复登记",
    "no_current_work": "目前没有在岗记录", "affiliation_unclear": "组织关系不明",
}  # fmt: skip
VERDICTS = {"link": "是同一人", "not_link": "不是同一人", "unsure": "不确定", "withdrawn": "已撤销"}
CHANGES = {"added": "新增", "removed": "移出", "changed": "变更", "merged": "合并", "split": "拆分"}
SCOPES = {"unit": "单位", "station": "站点", "trade": "行业", "street": "镇街", "district": "全区"}
RUN_STATES = {
    "running": "进行中", "failed": "失败", "refused": "被拒绝", "discarded": "已放弃", "done": "完成",
}  # fmt: skip
SEXES = {"male": "男", "female": "女"}
ACTS = {
    "login": "登录", "login_failed": "登录失败", "login_closed": "登录被暂停", "logout": "退出",
    "view_pair": "查看待核对",
    "judge": "判断", "undo": "撤销判断", "unmask": "查看原件", "refused": "被拒绝", "view_person": "查看一人",
    "object": "登记异议", "answer": "答复异议", "check": "登记核查结果", "account": "账号变动", "publish": "发布",
    "erase": "删除", "rollback": "回退", "export": "导出", "return_sheets": "导出退回表", "view_audit": "查看审计日志",
    "session_expired": "会话过期", "map_headers": "更正表头",
}  # fmt: skip


def word(table: dict[str, str], code: object) -> str:
    """The Chinese of a code; the code itself where there is none."""
    return table.get(str(code), str(code)) if code is not None else "—"


RULES = {
    "same_full_id": "证件号全部相同", "same_name_sound": "姓名读音相近", "same_first_15_of_id": "证件号前15位相同",
    "same_id_head_and_tail": "证件号首尾相同", "same_phone_head_and_tail": "手机号首尾相同",
    "same_given_name_swap": "名字次序不同", "judged_by_a_person": "曾由人判断",
}  # fmt: skip
COLUMNS = {
    "name": "姓名", "id_number": "证件号", "phone": "手机", "phones": "手机", "birth_date": "出生日期", "sex": "性别",
    "membership_state": "党籍状态", "lost_contact": "是否失联", "joined_on": "入党日期", "branch_name": "所在党支部",
    "is_floating": "是否流动党员", "job": "工作岗位", "unit_name": "工作单位", "reception_state": "接收状态",
    "valid_until": "有效期", "flow_direction": "流向", "declared_member": "是否党员", "started_on": "起始日期",
    "linked_unit": "关联单位", "trade": "行业", "org_kind": "组织类别", "street": "镇街", "units": "单位",
    "platforms": "平台", "occupation_groups": "从业群体", "work_street": "工作镇街", "home_street": "居住镇街",
    "member_no": "党员编号", "member_type": "人员类别", "home_org_code": "组织关系代码",
    "home_org_name": "组织关系所在",
    "host_org_code": "接收组织代码", "host_org_name": "接收组织", "host_rule": "接收规则", "primary_status": "主状态",
    "statuses": "状态", "match_class": "依据等级", "match_weight": "分值", "match_probability": "概率",
    "match_reason": "判定依据", "flags": "提示", "leads": "线索", "lead_state": "线索进展", "objection": "异议",
    "birth_year": "出生年", "ethnicity": "民族", "name_masked": "姓名", "first_seen": "首次入账",
}  # fmt: skip
