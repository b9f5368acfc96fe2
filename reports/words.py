"""Chinese words for the codes of the published tables, one mapping per kind of code."""

from __future__ import annotations

SEXES = {"male": "男", "female": "女"}
ROLES = {
    "roll": "党员名册", "transfer": "转接台账", "floating": "流动登记", "worker": "从业数据", "self_report": "本人报到",
    "organisation": "党组织名册",
}  # fmt: skip
LEVELS = {
    "exact": "相同", "simplified": "繁简相同", "sound": "同音", "swapped": "次序颠倒", "near_sound": "音近",
    "placeholder": "有缺字", "masked": "有遮掩", "one_character": "差一字", "different": "不同", "full": "全部一致",
    "first15": "前15位一致", "head6_tail4": "前6后4位一致", "tail4": "后4位一致", "partial": "可见部分一致",
    "one_digit": "差一位", "conflict": "不一致", "head3_tail4": "前3后4位一致", "year_month": "年月一致",
    "year": "年份一致", "one_day": "差一天", "same": "一致", "null": "一方未填",
}  # fmt: skip
RULES = {
    "same_full_id": "证件号全部相同", "same_name_sound": "姓名读音相近", "same_first_15_of_id": "证件号前15位相同",
    "same_id_head_and_tail": "证件号首尾相同", "same_phone_head_and_tail": "手机号首尾相同",
    "same_given_name_swap": "名字次序不同", "judged_by_a_person": "曾由人判断",
    "row_of_a_linked_worker": "已关联的从业者在别处的记录",
}  # fmt: skip
CLASSES = {
    "exact": "证件相符", "strong": "强证据", "confirmed": "人工确认", "own_job": "本人岗位", "declared": "自报党员",
    "self_report": "党员报到", "withheld": "异议中",
}  # fmt: skip
DOUBTS = {
    "two_candidates": "两个以上可能的人", "conflict": "证件与姓名相互矛盾", "weak_evidence": "证据偏弱",
    "masked_only": "只有打码信息", "duplicate_roll_entry": "名册重复登记",
}  # fmt: skip
CHANGES = {"added": "新增", "removed": "移出", "changed": "变更", "merged": "合并", "split": "拆分"}
FLAGS = {
    "phone_of_another": "手机号属另一名已知人员，疑似租借账号",
    "shared_phone": "手机号多人共用",
    "duplicate_roll_entry": "名册重复登记",
    "kept_by_check": "依据已无，按人工确认保留",
    "no_current_work": "目前没有在岗记录",
    "not_seen": "目前没有依据与从业相连，暂时保留",
    "affiliation_unclear": "组织关系不明",
    "person_checked": "已核实是本人",
    "rolls_contradict": "名册对此人说法不一，待组织部门核实",
}
OUTSIDE = {
    "other_trade": "单位、岗位都不属新就业群体",
    "public_body": "单位是机关、事业单位或社会团体",
    "office_work": "岗位是管理、内勤，或已离岗",
    "other_licence": "从业资格不是网约车、货运",
    "unknown_licence": "看不出从业资格的类别",
    "contact_only": "来源只借住址，不使人入账",
}
SCOPES = {"district": "全区", "street": "镇街", "trade": "行业", "unit": "单位", "station": "站点"}
COLUMNS = {
    "person_key": "人员编号",
    "member_no": "党员编号", "id_token": "证件记号", "name_masked": "姓名", "sex": "性别", "birth_year": "出生年",
    "ethnicity": "民族", "occupation_groups": "群体", "platforms": "平台", "units": "单位", "work_street": "从业镇街",
    "home_street": "居住镇街", "member_type": "人员类别", "joined_on": "入党日期", "home_org_code": "组织关系代码",
    "home_org_name": "组织关系所在", "primary_status": "主状态", "statuses": "状态", "match_class": "关联等级",
    "match_weight": "分值", "match_probability": "概率", "match_reason": "关联理由", "flags": "提示",
    "evidence": "来源行", "leads": "线索", "lead_state": "线索状态", "objection": "异议",
    "host_org_code": "接收组织代码", "host_org_name": "接收组织", "host_rule": "接收依据", "first_seen": "首次入账",
    "last_seen": "最近出现", "changed_on": "最近变动",
}  # fmt: skip
FIELDS = {
    "name": "姓名", "id_number": "证件号", "phone": "手机", "phones": "手机", "birth_date": "出生日期", "sex": "性别",
    "membership_state": "党籍状态", "lost_contact": "失联标记", "joined_on": "入党日期", "branch_name": "所在党支部",
    "is_floating": "流动标记", "job": "工作岗位", "unit_name": "工作单位", "reception_state": "接收状态",
    "valid_until": "有效期", "flow_direction": "流向", "declared_member": "自报", "started_on": "入职日期",
    "registered_on": "就业登记日期", "established_on": "成立日期", "valid_from": "资格证有效期起",
    "linked_unit": "关联单位", "trade": "行业", "org_kind": "组织类别", "street": "镇街",
}  # fmt: skip
