-- Sheets of the workbook over `ledger`, `coverage`, `changes` and the views of books.sql; columns are named as printed.
create or replace macro titled(kind, code) as coalesce(map_extract_value(getvariable(kind), code), code);
create or replace macro listed(names) as array_to_string(names, '、');
create or replace macro all_titled(kind, codes) as listed(list_transform(codes, code -> titled(kind, code)));
create or replace macro coded(codes) as listed(list_transform(codes, code -> code || ' ' || titled('status_titles', code)));
create or replace macro seen_in(evidence) as listed(list_transform(evidence, piece -> titled('source_titles', piece.source)
    || '/' || piece.file || ' 第' || piece."row" || '行'));
create or replace macro rank_of(code) as coalesce(list_position(map_keys(getvariable('status_titles')), code), 99);
create or replace view open_leads as
-- One row per open lead, in the order in which a street takes them up: by street, then by status.
select *, coalesce(work_street, home_street) as street
from (select * exclude (leads), unnest(leads) as lead from ledger) where lead.closed_on is null;
create or replace view sheet_todo as
-- 待办: one row per street and one for all: leads that wait for a street's answer, by status.
select if(grouping(street) = 1, '合计', coalesce(street, '镇街不明')) as "镇街", count(*) as "待核查线索",
    count(distinct person_key) as "涉及人数",
    count(*) filter (lead.code = 'S1') as "停止党籍", count(*) filter (lead.code = 'P1') as "口袋党员",
    count(*) filter (lead.code = 'L1') as "失联党员", count(*) filter (lead.code = 'Y1') as "隐形党员",
    count(*) filter (lead.code = 'P2') as "应转未转", count(*) filter (lead.code = 'F1') as "流出党员",
    count(*) filter (lead.code = 'F2') as "流入党员", count(*) filter (lead.code = 'W1') as "在册新就业",
    count(*) filter (lead.code = 'D1') as "自报未核"
from open_leads where lead.state in ('线索', '待核查')
group by grouping sets ((street), ()) order by grouping(street), street nulls last;
create or replace view sheet_waiting as
-- 待核查线索: one row per lead that waits, by street and status.
select street as "镇街", titled('status_titles', lead.code) as "线索", lead.state as "核查状态", name_masked as "姓名",
    listed(occupation_groups) as "群体", listed(units) as "单位", host_org_name as "接收组织", lead.opened_on as "发现日期",
    person_key as "人员编号"
from open_leads where lead.state in ('线索', '待核查')
order by street nulls last, rank_of(lead.code), person_key;
create or replace view sheet_ledger as
-- 一本账: one row per person, by street and status.
select
    person_key as "人员编号", name_masked as "姓名", titled('sexes', sex) as "性别", birth_year as "出生年",
    listed(occupation_groups) as "群体", listed(units) as "单位", coalesce(work_street, home_street) as "镇街",
    member_type as "人员类别", if(objection, '异议中，暂不列出', coded(statuses)) as "状态（首个为主）",
    lead_state as "线索状态", titled('class_titles', match_class) as "关联等级", host_org_name as "接收组织",
    home_org_name as "组织关系所在", joined_on as "入党日期", home_street as "居住镇街", host_rule as "接收依据",
    member_no as "党员编号", ethnicity as "民族", listed(platforms) as "平台", match_reason as "关联理由",
    all_titled('flag_titles', flags) as "提示", first_seen as "首次入账", changed_on as "最近变动",
    seen_in(evidence) as "依据的来源行"
from ledger order by "镇街" nulls last, rank_of(primary_status), person_key;
create or replace view sheet_groups as
-- 人员群体台账: one row per occupation group, the total last.
select coalesce(main_group, '合计') as "群体", sum(persons)::bigint as "人数", sum(registered)::bigint as "在册",
    sum(declared)::bigint as "自报未核", sum(full_members)::bigint as "正式党员", sum(probationary)::bigint as "预备党员",
    sum(floating)::bigint as "流动"
from groups_book group by rollup (main_group) order by main_group nulls last;
create or replace view sheet_organisations as
-- 党组织台账: one row per host organisation, the total last.
select host_org_code as "党组织代码", if(grouping(host_org_name) = 1, '合计', host_org_name) as "接收组织",
    sum(persons)::bigint as "人数", sum(registered)::bigint as "在册", sum(declared)::bigint as "自报未核",
    sum(full_members)::bigint as "正式党员", sum(probationary)::bigint as "预备党员", sum(floating)::bigint as "流动"
from organisations_book group by grouping sets ((host_org_code, host_org_name), ())
order by grouping(host_org_name), host_org_code nulls last, host_org_name;
create or replace view sheet_members as
-- 党员台账: one row per person, self-declared ones marked.
select person_key as "人员编号", name_masked as "姓名", titled('sexes', sex) as "性别", birth_year as "出生年",
    member_no as "党员编号", member_type as "人员类别", joined_on as "入党日期", standing as "在册或自报",
    home_org_name as "组织关系所在", host_org_name as "接收组织", main_group as "群体", street as "镇街",
    titled('status_titles', primary_status) as "主状态", if(floating, '是', '否') as "流动"
from members_book order by street nulls last, rank_of(primary_status), person_key;
create or replace view sheet_search_1 as
-- 第一找, 在新就业群体中找党员: one row per member found in the exports of workers.
select person_key as "人员编号", name_masked as "姓名", listed(occupation_groups) as "群体", listed(platforms) as "平台",
    listed(units) as "单位", work_street as "从业镇街", titled('status_titles', primary_status) as "主状态",
    titled('class_titles', match_class) as "关联等级", match_reason as "关联理由", first_seen as "首次入账"
from search_1 order by work_street nulls last, rank_of(primary_status), person_key;
create or replace view sheet_search_2 as
-- 第二找, 在党员中找新就业群体: one row per member who turns out to work in these trades.
select person_key as "人员编号", s.name_masked as "姓名", s.member_no as "党员编号", s.member_type as "人员类别",
    s.home_org_name as "组织关系所在", main_group as "群体", found_by as "由何得知",
    coalesce(l.work_street, l.home_street) as "镇街", titled('status_titles', s.primary_status) as "主状态"
from search_2 s join ledger l using (person_key)
order by "镇街" nulls last, rank_of(s.primary_status), person_key;
create or replace view sheet_search_3 as
-- 第三找, 找得到组织: one row per member, where to report and who answers for them.
select person_key as "人员编号", s.name_masked as "姓名", coalesce(l.work_street, l.home_street) as "镇街",
    s.home_org_name as "组织关系所在", s.host_org_code as "接收组织代码", s.host_org_name as "接收组织",
    s.host_rule as "接收依据", shared_care as "管理方式"
from search_3 s join ledger l using (person_key)
order by "镇街" nulls last, rank_of(l.primary_status), person_key;
create or replace view sheet_leads as
-- 口袋、隐形、失联线索: one row per lead of these kinds.
select titled('status_titles', lead.code) as "线索", person_key as "人员编号", name_masked as "姓名",
    street as "镇街", listed(units) as "单位", home_org_name as "组织关系所在",
    host_org_name as "接收组织", lead.state as "核查状态", lead.checked_by as "核查人", lead.checked_on as "核查日期",
    match_reason as "关联理由", seen_in(evidence) as "依据的来源行"
from open_leads
where lead.code in ('P1', 'Y1', 'L1')
order by street nulls last, rank_of(lead.code), person_key;
create or replace view sheet_flows as
-- 流入流出与协查: one row per person who moved in or out, or about whom another organisation must be asked; and one per
-- person whom an exchange with another district found.
select * from (
select
    coalesce(nullif(all_titled('status_titles', list_filter(l.statuses, code -> code in ('F1', 'F2', 'P2', 'D1'))), ''),
        '组织关系不明') as "类别",
    person_key as "人员编号", l.name_masked as "姓名", coalesce(l.work_street, l.home_street) as "镇街",
    listed(l.units) as "单位", l.home_org_name as "组织关系所在", l.host_org_name as "接收组织", a.asked as "协查事项",
    l.lead_state as "核查状态"
from ledger l left join assist_check a using (person_key)
where a.person_key is not null or (not l.objection and list_has_any(l.statuses, ['F1', 'F2']))
union all by name
select e.kind as "类别", coalesce(e.person_key, '不在一本账') as "人员编号", e.name_masked as "姓名",
    coalesce(l.work_street, l.home_street) as "镇街", listed(l.units) as "单位", l.home_org_name as "组织关系所在",
    l.host_org_name as "接收组织", e.asked as "协查事项", l.lead_state as "核查状态"
from exchanged e left join ledger l using (person_key)
) order by "镇街" nulls last, "类别", "人员编号", "协查事项";
create or replace view sheet_coverage as
-- 应建尽建建议: one row per counted scope, those with a suggestion first.
select titled('scopes', scope) as "范围", name as "名称", if(scope = 'street', null, street) as "镇街", trade as "行业",
    workers as "从业人数", worker_rows as "人次", full_members as "正式党员", probationary as "预备党员",
    floating as "流动党员", leads as "线索", organisation as "现有组织", coverage as "覆盖", suggestion as "建议",
    missing_members as "还差几人"
from coverage
order by suggestion is null, list_position(['unit', 'station', 'street', 'trade', 'district'], scope), full_members desc,
    workers desc, name, street, trade;
create or replace view sheet_changes as
-- 变动说明: one row per person changed since the previous version; whom only files, rows or weights moved for are
-- folded into one row per cause at the end.
select * exclude (place, street, person_key) from (
select 0 as place, coalesce(l.work_street, l.home_street, p.work_street, p.home_street) as street, c.person_key, titled('change_titles', c.change) as "变动", c.person_key as "人员编号",
    coalesce(l.name_masked, p.name_masked) as "姓名",
    coalesce(l.work_street, l.home_street, p.work_street, p.home_street) as "镇街",
    c.cause_text as "原因", all_titled('columns', c.columns) as "变动的栏",
    c.before as "原来", c.after as "现在", listed(list_transform(c.source_rows,
        place -> titled('source_titles', split_part(place, '/', 1)) || substr(place, strpos(place, '/')))) as "来源行"
from changes c left join ledger l using (person_key) left join previous p using (person_key)
where not list_contains(getvariable('mere_moves'), c.cause)
union all by name
select 1 as place, '另有' as "变动", '共 ' || count(*) || ' 人' as "姓名", cause_text as "原因",
    null::varchar as "人员编号", null::varchar as "镇街", null::varchar as "变动的栏", null::varchar as "原来",
    null::varchar as "现在", '逐人见变动表' as "来源行"
from changes where list_contains(getvariable('mere_moves'), cause) group by cause_text
) order by place, street nulls last, "变动", "原因", person_key;
