-- Views over one published ledger (relation `ledger`): the three searches, the 协查 list, the three books.
create or replace view persons_counted as
select
    *, coalesce(occupation_groups[1], '其他新就业') as main_group,
    match_class in ('exact', 'strong', 'confirmed') as by_worker_row,
    match_class not in ('declared', 'self_report') or member_no is not null or home_org_name is not null as on_register,
    match_class in ('declared', 'self_report') and (list_contains(statuses, 'D1') or member_type is null) as self_declared
from ledger;
create or replace view search_1 as
-- One row per person on a membership roll found in the exports of workers.
select person_key, name_masked, main_group, occupation_groups, platforms, units, work_street, primary_status, match_class,
    match_reason, first_seen, last_seen
from persons_counted where by_worker_row and not objection order by person_key;
create or replace view search_2 as
-- One row per member who turns out to work in these trades, by a worker row or by the roll's own words.
select person_key, name_masked, member_no, member_type, home_org_name, main_group,
    case when by_worker_row then '从业记录' when match_class = 'self_report' then '本人报到' else '名册岗位' end as found_by,
    primary_status, flags
from persons_counted where not self_declared and not objection order by person_key;
create or replace view search_3 as
-- One row per member: where they should report, by which rule, and who answers for them (双向共管).
select person_key, name_masked, home_org_code, home_org_name, host_org_code, host_org_name, host_rule,
    case when home_org_name is null then '组织关系待核，先由接收组织联系'
         when host_org_name is null then '接收组织待定'
         when home_org_code is not distinct from host_org_code and home_org_name = host_org_name then '同一组织'
         else '双向共管：' || home_org_name || '、' || host_org_name end as shared_care
from persons_counted where not self_declared and not objection order by person_key;
create or replace view assist_check as
-- One row per person another organisation must be asked about. What a person found to be unfounded, or already moved, is
-- asked of nobody until evidence comes, whatever else is open of them.
with excluded as (
    select *, list_transform(list_filter(leads, lead -> lead.state = '排除' and lead.closed_on is null), lead -> lead.code)
        as excluded_codes
    from persons_counted
), asked_of as (
    select *, list_filter(['D1', 'P2', 'F2'], code -> list_contains(statuses, code)) as codes,
        list_filter(['D1', 'P2', 'F2'], code -> list_contains(statuses, code) and not list_contains(excluded_codes, code))
            as open_codes
    from excluded
)
select person_key, name_masked, work_street, home_org_name, host_org_name,
    case open_codes[1] when 'D1' then '自报未核：请协查党员身份'
        when 'P2' then '组织关系在外、应转未转：请与组织关系所在地联系'
        when 'F2' then '流入：请与组织关系所在地联系'
        else '组织关系不明：请协查' end as asked,
    primary_status, lead_state
from asked_of
where not objection and (len(open_codes) > 0 or (len(codes) = 0 and list_contains(flags, 'affiliation_unclear')))
order by person_key;
create or replace view members_book as
-- 党员台账: one row per person of the ledger, self-declared ones marked.
select person_key, name_masked, sex, birth_year, member_no, member_type, joined_on, home_org_name, host_org_code,
    coalesce(host_org_name, '（未定）') as host_org_name, main_group, coalesce(work_street, home_street) as street,
    case when objection then '异议中' when self_declared then '自报未核' else '在册' end as standing, if(objection, '异议中', primary_status) as primary_status,
    list_has_any(statuses, ['F1', 'F2']) as floating
from persons_counted order by person_key;
create or replace view groups_book as
-- 人员群体台账: one row per occupation group.
select main_group, count(*) as persons, count(*) filter (standing = '在册') as registered,
    count(*) filter (standing = '自报未核') as declared, count(*) filter (member_type = '正式党员') as full_members,
    count(*) filter (member_type = '预备党员') as probationary, count(*) filter (floating) as floating
from members_book group by main_group order by main_group;
create or replace view organisations_book as
-- 党组织台账: one row per host organisation.
select host_org_code, host_org_name, count(*) as persons, count(*) filter (standing = '在册') as registered,
    count(*) filter (standing = '自报未核') as declared, count(*) filter (member_type = '正式党员') as full_members,
    count(*) filter (member_type = '预备党员') as probationary, count(*) filter (floating) as floating
from members_book group by host_org_code, host_org_name order by host_org_code nulls last, host_org_name;
