create or replace table worker_people as
with keyed as (
    select
        w.*, p.name, l.registry_id,
        case when p.id_kind = 'full' then p.id_number end as full_id,
        case when not contains(p.name, '*') then p.name || '|'
            || list_filter(p.phones, phone -> regexp_full_match(phone, '1\d{10}'))[1] end as name_phone
    from work_rows w
    join person_rows p using (row_key)
    left join (select row_key, min(registry_id) as registry_id from link_rows group by row_key) l using (row_key)
    where w.role = 'worker' and w.works_now
), known as (
    select name_phone, min(full_id) as full_id from keyed
    where name_phone is not null and full_id is not null group by name_phone having count(distinct full_id) = 1
)
select
    k.row_key, k.grp, t.trade, k.unit_key, k.unit_name, k.station_key, k.station, k.work_street, k.uscc,
    coalesce('r' || k.registry_id, 'i' || k.full_id, 'i' || n.full_id, 'n' || k.name_phone, 'k' || k.row_key) as worker
from keyed k
left join trades t on t.grp = k.grp
left join known n on n.name_phone = case when k.full_id is null then k.name_phone end
;
create or replace table counted_members as
select
    l.person_key, k.person_id,
    l.member_type = '正式党员' and not list_has_any(l.statuses, ['F1', 'F2']) as is_full,
    l.member_type = '预备党员' and not list_has_any(l.statuses, ['F1', 'F2']) as is_probationary,
    list_has_any(l.statuses, ['F1', 'F2']) as is_floating,
    len(list_filter(l.leads, lead -> lead.state <> $excluded_state)) > 0 as has_lead
from ledger l join person_keys k using (person_key)
where not l.objection and not list_has_any(l.statuses, ['S1', 'L1', 'D1'])
;
create or replace table lead_holders as
select k.person_id, len(list_filter(l.leads, lead -> lead.state <> $excluded_state)) > 0 as has_lead
from ledger l join person_keys k using (person_key)
;
create or replace table unit_labels as
select unit_key, min_by(unit_name, (-rows, unit_name)) as label, min_by(work_street, (-street_rows, work_street)) as street,
    min_by(trade, (-trade_rows, trade)) as trade
from (
    select
        unit_key, unit_name, work_street, trade,
        count(*) over (partition by unit_key, unit_name) as rows,
        if(work_street is null, 0, count(*) over (partition by unit_key, work_street)) as street_rows,
        count(*) over (partition by unit_key, trade) as trade_rows
    from worker_people where unit_key is not null
) group by unit_key
;
create or replace table scoped_work as
with sized as (
    select unit_key, count(distinct worker) as workers from worker_people where unit_key is not null group by unit_key
), member_units as (
    select distinct w.unit_key from worker_people w join person_work p using (row_key)
    where p.person_id in (select person_id from counted_members)
), named as (
    select w.*, case when w.unit_key is null then '（未填单位）'
        when s.workers >= $unit_min_workers or w.unit_key in (select unit_key from member_units) then w.unit_key
        else '（其他小单位）' end as unit_scope
    from worker_people w left join sized s using (unit_key)
)
select 'unit' as scope, n.unit_scope as name_key, row_key, worker, work_street, trade from named n
union all select 'station', station_key, row_key, worker, work_street, trade from named where station_key is not null
union all select 'trade', coalesce(trade, '其他'), row_key, worker, work_street, trade from named
union all select 'street', coalesce(work_street, '（镇街不明）'), row_key, worker, work_street, trade from named
union all select 'district', '全区', row_key, worker, work_street, trade from named
;
create or replace table coverage_counts as
with members as (
    select s.scope, s.name_key, p.person_id
    from scoped_work s join person_work p using (row_key) group by all
), of_members as (
    select
        m.scope, m.name_key,
        count(*) filter (c.is_full) as full_members, count(*) filter (c.is_probationary) as probationary,
        count(*) filter (c.is_floating) as floating, count(*) filter (h.has_lead) as leads
    from members m
    left join counted_members c using (person_id)
    left join lead_holders h on h.person_id = m.person_id
    group by all
)
select
    s.scope, s.name_key, count(distinct s.worker) as workers, count(*) as worker_rows,
    any_value(coalesce(o.full_members, 0)) as full_members, any_value(coalesce(o.probationary, 0)) as probationary,
    any_value(coalesce(o.floating, 0)) as floating, any_value(coalesce(o.leads, 0)) as leads,
    mode(s.work_street order by s.work_street) as street, mode(s.trade order by s.trade) as trade
from scoped_work s left join of_members o using (scope, name_key)
group by s.scope, s.name_key
;
create or replace table coverage_orgs as
with unit_orgs as (
    select u.unit_key, o.org_id, o.org_name, o.org_kind
    from (select org_id, unnest(unit_keys) as unit_key from orgs) u join orgs o using (org_id)
    where list_contains($branch_kinds::varchar[], o.org_kind) and u.unit_key is not null
    union
    select w.unit_key, o.org_id, o.org_name, o.org_kind
    from (select distinct unit_key, uscc from worker_people where uscc is not null and unit_key is not null) w
    join orgs o on o.uscc = w.uscc and list_contains($branch_kinds::varchar[], o.org_kind)
)
select unit_key as name_key, min_by(org_name, (org_kind = '联合党支部', org_id)) as org_name,
    min_by(org_kind, (org_kind = '联合党支部', org_id)) as org_kind
from unit_orgs group by unit_key
;
create or replace table street_orgs as
select street, min_by(org_name, (coalesce(list_position($street_kinds::varchar[], org_kind), 99), org_id)) as org_name
from orgs where street is not null and list_contains($street_kinds::varchar[], org_kind) group by street
;
create or replace table trade_orgs as
select t.trade, min_by(o.org_name, (o.org_kind <> $committee_kind, o.org_id)) as org_name
from (select org_id, grp from org_words union select org_id, grp from org_committees) w
join orgs o using (org_id) join trades t using (grp)
group by t.trade
;
create or replace table coverage_rows as
select
    c.scope, c.name_key,
    case when c.scope in ('unit') then coalesce(u.label, c.name_key) when c.scope = 'station' then st.label
        else c.name_key end as label,
    case c.scope when 'trade' then null when 'district' then null when 'street' then c.name_key
        when 'unit' then coalesce(u.street, c.street) else c.street end as street,
    case c.scope when 'street' then null when 'district' then null when 'unit' then coalesce(u.trade, c.trade)
        else c.trade end as trade,
    c.workers, c.worker_rows, c.full_members, c.probationary, c.floating, c.leads,
    case c.scope when 'unit' then o.org_name when 'station' then o.org_name when 'street' then so.org_name
        when 'trade' then tr.org_name end as organisation,
    o.org_kind,
    so.org_name as street_org
from coverage_counts c
left join unit_labels u on c.scope = 'unit' and u.unit_key = c.name_key
left join (select station_key, min(station) as label from worker_people group by station_key) st
    on c.scope = 'station' and st.station_key = c.name_key
left join coverage_orgs o on c.scope in ('unit', 'station') and o.name_key = c.name_key
left join street_orgs so on so.street = case c.scope when 'unit' then coalesce(u.street, c.street)
    when 'station' then c.street when 'street' then c.name_key end
left join trade_orgs tr on c.scope = 'trade' and tr.trade = c.name_key
order by c.scope, c.name_key
