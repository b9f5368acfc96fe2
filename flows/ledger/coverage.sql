create or replace table worker_people as
-- One row per row of somebody who works now: whose it is, and the unit, station, line, street and trade it shows.
with keyed as (
    select
        b.*, w.* exclude (row_key), p.name, l.registry_id,
        case when p.id_kind = 'full' then p.id_number end as full_id,
        case when not contains(p.name, '*') then p.name || '|'
            || list_filter(p.phones, phone -> regexp_full_match(phone, '1\d{10}'))[1] end as name_phone
    from placed_work b
    join work_rows w using (row_key)
    join person_rows p using (row_key)
    left join (select row_key, min(registry_id) as registry_id from link_rows group by row_key) l using (row_key)
    where b.role = 'worker' and b.works_now
), known as (
    select name_phone, min(full_id) as full_id from keyed
    where name_phone is not null and full_id is not null group by name_phone having count(distinct full_id) = 1
)
select
    k.row_key, k.source, k.started_on, t.trade, k.unit_key, k.station_key, k.work_street, k.platform,
    case when not list_contains($employment_forms::varchar[], k.job) then k.job end as job,
    coalesce('r' || k.registry_id, 'i' || k.full_id, 'i' || n.full_id, 'n' || k.name_phone, 'k' || k.row_key) as worker
from keyed k
left join trades t on t.grp = k.grp
left join known n on n.name_phone = case when k.full_id is null then k.name_phone end
;
create or replace table main_rows as
-- One row per worker: the row of their main work, the newest of theirs, else the one that most sources show.
with counted as (
    select worker, count(*) as worker_rows, min(row_key) as row_key from worker_people group by worker
), several as (
    -- Most workers have one row, which needs no rank.
    select w.*, c.worker_rows from worker_people w join counted c using (worker) where c.worker_rows > 1
), unit_sources as (
    select worker, unit_key, count(distinct source) as sources from several group by worker, unit_key
), ranked as (
    select
        w.worker, w.row_key, w.worker_rows,
        row_number() over (
            partition by w.worker order by w.started_on desc nulls last, u.sources desc, w.row_key) as rank
    from several w
    join unit_sources u on u.worker = w.worker and u.unit_key is not distinct from w.unit_key
)
select worker, row_key, worker_rows from counted where worker_rows = 1
union all
select worker, row_key, worker_rows from ranked where rank = 1
;
create or replace temp view main_work as
-- One row per worker with their main work; a member by their own 工作单位 (W1), or who only signed up, stands beside
-- them without a row.
with persons_of as (
    select w.worker, min(p.person_id) as person_id from worker_people w join person_work p using (row_key) group by w.worker
)
select
    w.worker, m.worker_rows, w.unit_key, w.station_key, w.platform, w.job,
    w.work_street as street, coalesce(w.trade, '其他') as trade, p.person_id
from main_rows m join worker_people w using (row_key)
left join persons_of p on p.worker = w.worker
union all
select
    null, 0, u.unit_key, u.station_key, null, null, coalesce(x.street, y.street), coalesce(t.trade, '其他'), p.person_id
from persons p
join roll_of r using (person_id)
left join roll_units u on u.row_key = r.roll_row_key
left join units x on x.unit_key = u.station_key
left join units y on y.unit_key = u.unit_key
left join own_trades g on g.row_key = r.roll_row_key
left join trades t on t.grp = g.grp
where p.kind = 'own_job'
union all
-- Who only signed up says themselves where they work.
select * from (
    select
        null, 0, w.unit_key, w.station_key, null, null, w.work_street, coalesce(t.trade, '其他'), w.person_id
    from person_work w join persons p using (person_id) left join trades t on t.grp = w.grp
    where p.kind = 'linked' and w.role = 'self_report' and w.works_now
        and w.person_id not in (select person_id from person_work where role = 'worker')
    qualify row_number() over (partition by w.person_id order by w.started_on desc nulls last, w.row_key) = 1
)
;
create or replace table serving_orgs as
-- One row per branch that serves work: of units (no office's, no school's), joint, floating, or of a trade. Who stands there already is taken in.
select distinct x.org_id from org_units x join units u using (unit_key)
where not list_contains($public_kinds::varchar[], u.kind)
union select org_id from orgs where list_contains($shared_kinds::varchar[], org_kind)
union select org_id from org_words
;
create or replace table transferred_out as
-- One row per person whose newest letter was received by an organisation that is not of this district.
select l.person_id
from letters l join organisation_texts t on t.name = l.to_org and t.code is null
where l.age = 1 and l.state = $received_state and t.org_id is null and exists (select 1 from orgs)
;
create or replace table counted_members as
-- One row per member whom a coverage count takes: full, probationary or floating, and whether a branch has them already.
with taken_in as (
    select h.person_id from homes h join serving_orgs using (org_id)
    union
    select f.person_id
    from floats f join organisation_texts t on t.name = f.host_org and t.code is null join serving_orgs s on s.org_id = t.org_id
    where f.age = 1
)
select
    k.person_id,
    l.member_type = '正式党员' and not list_has_any(l.statuses, ['F1', 'F2']) as is_full,
    l.member_type = '预备党员' and not list_has_any(l.statuses, ['F1', 'F2']) as is_probationary,
    list_has_any(l.statuses, ['F1', 'F2']) as is_floating,
    t.person_id is not null as is_taken_in
from ledger l join person_keys k using (person_key)
left join taken_in t using (person_id)
where not l.objection and not list_has_any(l.statuses, ['S1', 'L1', 'D1'])
    and k.person_id not in (select person_id from transferred_out)
;
create or replace table lead_holders as
-- One row per person of the ledger: whether a lead of theirs is open.
select k.person_id, len(list_filter(l.leads, lead -> lead.state <> $excluded_state and lead.closed_on is null)) > 0 as has_lead
from ledger l join person_keys k using (person_key)
;
create or replace table counted_work as
-- One row per unit, station, trade, street and flags that are counted, with the workers and members who share them. Job
-- and platform, the business line, are kept of those alone whom floating branches are formed of.
with flagged as (
    select
        m.*, coalesce(c.is_full, false) as is_full, coalesce(c.is_probationary, false) as is_probationary,
        coalesce(c.is_floating, false) as is_floating, coalesce(c.is_taken_in, false) as is_taken_in,
        coalesce(h.has_lead, false) as has_lead
    from main_work m
    left join counted_members c using (person_id)
    left join lead_holders h using (person_id)
)
select
    unit_key, station_key, trade, street, is_full, is_probationary, is_floating, is_taken_in, has_lead,
    case when is_floating and not is_taken_in then job end as job,
    case when is_floating and not is_taken_in then platform end as platform,
    count(*) as people, count(worker) as workers, sum(worker_rows)::bigint as worker_rows
from flagged group by all
;
create or replace table work_groups as
-- One row per unit scope, station, trade and street with the workers and members who share all four, counted.
with sized as (
    select unit_key, sum(workers) as workers, bool_or(is_full or is_probationary or is_floating) as members
    from counted_work where unit_key is not null group by unit_key
)
select
    case when c.unit_key is null then '（未填单位）' when s.workers >= $unit_min_workers or s.members then c.unit_key
        else '（其他小单位）' end as unit_scope,
    c.station_key, c.trade, c.street,
    sum(c.people)::bigint as people, sum(c.workers)::bigint as workers, sum(c.worker_rows)::bigint as worker_rows,
    sum(if(c.is_full, c.people, 0))::bigint as full_members,
    sum(if(c.is_probationary, c.people, 0))::bigint as probationary,
    sum(if(c.is_floating, c.people, 0))::bigint as floating, sum(if(c.has_lead, c.people, 0))::bigint as leads,
    sum(if(c.is_full and not c.is_taken_in, c.people, 0))::bigint as open_full,
    sum(if(c.is_probationary and not c.is_taken_in, c.people, 0))::bigint as open_probationary
from counted_work c left join sized s using (unit_key)
group by all
;
create or replace table scoped_groups as
-- One row per group and scope it is counted in: each once in every scope but the stations.
select 'unit' as scope, unit_scope as name_key, * from work_groups
union all select 'station', station_key, * from work_groups where station_key is not null
union all select 'trade', trade, * from work_groups
union all select 'street', coalesce(street, '（镇街不明）'), * from work_groups
union all select 'district', '全区', * from work_groups
;
create or replace table coverage_counts as
-- One row per scope and name with what is counted there, and the street and the trade of most of its people.
with streets as (
    select scope, name_key, min_by(street, (-people, street)) as street
    from (
        select scope, name_key, street, sum(people) as people from scoped_groups where street is not null group by all
    ) group by all
), trades as (
    select scope, name_key, min_by(trade, (-people, trade)) as trade
    from (select scope, name_key, trade, sum(people) as people from scoped_groups group by all) group by all
), counts as (
    select
        scope, name_key, sum(workers)::bigint as workers, sum(worker_rows)::bigint as worker_rows,
        sum(full_members)::bigint as full_members, sum(probationary)::bigint as probationary,
        sum(floating)::bigint as floating, sum(leads)::bigint as leads, sum(open_full)::bigint as open_full,
        sum(open_probationary)::bigint as open_probationary
    from scoped_groups group by all
)
select c.*, s.street, t.trade
from counts c left join streets s using (scope, name_key) left join trades t using (scope, name_key)
;
create or replace table floating_lines as
-- One row per unit, and station, job, trade and platform, with floating members whom no branch has taken in.
select
    c.unit_key, s.name as station, c.job, nullif(c.trade, '其他') as trade, c.platform,
    sum(c.people)::bigint as floating
from counted_work c left join units s on s.unit_key = c.station_key and s.unit_key <> c.unit_key
where c.is_floating and not c.is_taken_in and c.unit_key is not null
group by all
;
create or replace table coverage_orgs as
-- One row per unit or station with the organisation it has: its own, else a joint one, else one for floating members.
with kinds as (
    select coalesce(u.station_key, u.unit_key) as name_key, u.unit_key, u.station_key, o.org_id, o.org_name, o.org_kind
    from org_units u join orgs o using (org_id) where list_contains($branch_kinds::varchar[], o.org_kind)
), each_unit as (
    select name_key, org_id, org_name, org_kind from kinds
    -- A branch of a 分公司 or of a firm's station covers the firm that has no other.
    union all select unit_key, org_id, org_name, org_kind from kinds where station_key is not null
)
select
    name_key, min_by(org_id, (list_position($shared_kinds::varchar[], org_kind) is not null,
        coalesce(list_position($shared_kinds::varchar[], org_kind), 0), org_id)) as org_id
from each_unit group by name_key
;
create or replace table street_orgs as
-- One row per street with the organisation that stands for it: its committee, else the highest of its kinds.
select street, min_by(org_name, (coalesce(list_position($street_kinds::varchar[], org_kind), 99), org_id)) as org_name
from orgs where street is not null and list_contains($street_kinds::varchar[], org_kind) group by street
;
create or replace table trade_orgs as
-- One row per trade with its organisation: a committee of the trade before a branch.
select t.trade, min_by(o.org_name, (o.org_kind <> $committee_kind, o.org_id)) as org_name
from (select org_id, grp from org_words union select org_id, grp from org_committees) w
join orgs o using (org_id) join trades t using (grp)
group by t.trade
;
create or replace table shared_branches as
-- One row per joint or floating branch that may take units in: where it lies, its trades, how many units it has.
select
    o.org_id, o.org_name, o.org_kind, o.street,
    coalesce(list(distinct t.trade order by t.trade) filter (t.trade is not null), []) as trades,
    (select count(distinct u.unit_key) from org_units u where u.org_id = o.org_id)::bigint as units
from orgs o
left join org_words w on w.org_id = o.org_id
left join trades t on t.grp = w.grp
where list_contains($shared_kinds::varchar[], o.org_kind)
group by o.org_id, o.org_name, o.org_kind, o.street
order by o.org_id
;
create or replace table coverage_rows as
-- One row per scope and name with its counts, what it is called, and the organisations that may cover it.
select
    c.scope, c.name_key, coalesce(u.name, c.name_key) as label,
    case c.scope when 'trade' then null when 'district' then null when 'street' then c.name_key
        else coalesce(u.street, c.street) end as street,
    case c.scope when 'street' then null when 'district' then null when 'trade' then c.trade
        else coalesce(c.trade, u.trade) end as trade,
    c.workers, c.worker_rows, c.full_members, c.probationary, c.floating, c.leads, c.open_full, c.open_probationary,
    case c.scope when 'unit' then o.org_name when 'station' then o.org_name when 'street' then so.org_name
        when 'trade' then tr.org_name end as organisation,
    o.org_kind, so.org_name as street_org, u.unit_key is not null as is_registered,
    coalesce(list_contains($public_kinds::varchar[], u.kind), false) as is_public, u.credit_code
from coverage_counts c
-- A condition on `c` alone would make each of these joins a nested loop: it stands in the key.
left join units u on u.unit_key = case when c.scope in ('unit', 'station') then c.name_key end
left join coverage_orgs x on x.name_key = case when c.scope in ('unit', 'station') then c.name_key end
left join orgs o on o.org_id = x.org_id
left join street_orgs so on so.street = case c.scope when 'unit' then coalesce(u.street, c.street)
    when 'station' then coalesce(u.street, c.street) when 'street' then c.name_key end
left join trade_orgs tr on tr.trade = case when c.scope = 'trade' then c.name_key end
order by c.scope, c.name_key
;
create or replace table units_counted as
-- One row per unit of the register with the workers and members whose main work it is; a firm counts its stations' too.
select
    u.unit_key, sum(c.workers)::bigint as workers,
    sum(if(c.is_full or c.is_probationary or c.is_floating, c.people, 0))::bigint as members
from (select unit_key, * exclude (unit_key) from counted_work where unit_key is not null
    union all by name
    select station_key as unit_key, * exclude (unit_key) from counted_work where station_key is distinct from unit_key
        and station_key is not null) c
join units u on u.unit_key = c.unit_key
group by u.unit_key
;
create or replace table units_with_street as
-- One row per unit or station of which some row writes the street itself.
select r.unit_key from placed_work p join row_units r using (row_key) where p.own_street is not null
union
select r.station_key from placed_work p join row_units r using (row_key) where p.own_street is not null
;
create or replace table units_published as
-- One row per unit of the register, as it is published.
select
    u.unit_key, coalesce(n.clean, u.name) as name, u.credit_code, u.kind, u.parent, u.street,
    u.street is not null and w.unit_key is null as street_inferred,
    u.trade, greatest(len(list_distinct(list_transform(u.spellings, one -> one.text))) - 1, 0)::integer as other_names,
    coalesce(c.workers, 0)::integer as workers, coalesce(c.members, 0)::integer as members
from units u
left join units_counted c using (unit_key)
left join units_with_street w on w.unit_key = u.unit_key
left join clean_texts n on n.text = u.name
order by u.unit_key
