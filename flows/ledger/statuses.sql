create or replace table registry_rows as
select registry_id, unnest(row_keys) as row_key from registry_persons
where registry_id in (select registry_id from persons)
;
create or replace table person_work as
with tied as (
    select person_id, registry_id, unnest(worker_row_keys) as row_key from persons
)
select
    t.person_id, w.* exclude (row_key), t.row_key, l.match_class, l.match_weight, l.match_probability, l.reason,
    coalesce(l.fields, ['declared_member']) as fields
from tied t join work_rows w using (row_key)
left join link_rows l on l.row_key = t.row_key and l.registry_id = t.registry_id
;
create or replace table work_summary as
select
    person_id,
    count(*) filter (role = 'worker') as worker_rows,
    count(*) as work_rows,
    -- A licence that ran out is no evidence of work since it was given.
    min(started_on) filter (role = 'worker' and works_now and coalesce(valid_to >= $as_of, true)) as works_since,
    bool_or(role = 'worker' and works_now) as works_now,
    mode(work_street order by work_street) as work_street,
    mode(home_street order by home_street) as home_street,
    min(home_org) as home_org
from person_work group by person_id
;
create or replace table roll_of as
select
    p.person_id, r.roll_row_key, m.member_no, m.sex, m.ethnicity, m.member_type, m.joined_on, m.branch_code,
    m.branch_name, m.unit_name, m.job, m.membership_state, m.lost_contact, m.is_floating, m.home_address, m.home_street
from persons p
join registry_persons r using (registry_id)
join stage_party_members m on m.row_key = r.roll_row_key
;
create or replace table letters as
select
    p.person_id, t.row_key, t.issued_on, t.received_on, t.from_branch, t.to_org,
    coalesce(t.reception_state, case when t.received_on is not null then $received_state end) as state,
    coalesce(t.valid_until, t.issued_on + coalesce(t.valid_days, $letter_days)::integer)::date as expires_on,
    row_number() over (
        partition by p.person_id order by coalesce(t.issued_on, t.valid_until, t.received_on) desc nulls last, t.row_key desc
    ) as age
from persons p
join registry_rows g on g.registry_id = p.registry_id
join stage_party_transfers t on t.row_key = g.row_key
left join roll_of r on r.person_id = p.person_id
where r.person_id is null or t.id_number is not null or len(t.phones) > 0
;
create or replace table floats as
select
    p.person_id, f.row_key, f.home_branch, f.host_org,
    coalesce(f.flow_direction, case
        when exists (select 1 from orgs o where o.name_key = tidy(f.host_org)) then '流入'
        when exists (select 1 from orgs o where o.name_key = tidy(f.home_branch)) then '流出'
    end) as direction,
    row_number() over (partition by p.person_id order by f.left_on desc nulls last, f.row_key desc) as age
from persons p
join registry_rows g on g.registry_id = p.registry_id
join stage_floating_members f on f.row_key = g.row_key
;
create or replace macro org_key(name) as
    list_reduce(list_prepend(tidy(name), (select words from name_noise)), (text, word) -> replace(text, word, ''))
;
create or replace table homes as
with named as (
    select
        p.person_id, nullif(r.branch_code, '') as code,
        coalesce(r.branch_name, f.home_branch,
            case when l.state = $received_state then l.to_org else l.from_branch end, w.home_org) as name,
        r.person_id is not null as on_roll
    from persons p
    left join roll_of r using (person_id)
    left join floats f on f.person_id = p.person_id and f.age = 1
    left join letters l on l.person_id = p.person_id and l.age = 1
    left join work_summary w on w.person_id = p.person_id
), keyed as (
    select *, org_key(name) as name_key from named
)
select
    k.person_id, coalesce(by_code.org_id, by_name.org_id) as org_id,
    coalesce(by_code.org_code, by_name.org_code, k.code) as org_code,
    coalesce(k.name, by_code.org_name) as org_name, k.on_roll,
    (k.name is not null or k.code is not null) and by_code.org_id is null and by_name.org_id is null
        and exists (select 1 from orgs) as elsewhere
from keyed k
left join (select org_code, min_by(org_name, org_id) as org_name, min(org_id) as org_id from orgs group by org_code)
    by_code on by_code.org_code = k.code
left join (select name_key, min_by(org_code, org_id) as org_code, min(org_id) as org_id from orgs group by name_key)
    by_name on by_name.name_key = k.name_key
;
create or replace table asking_files as
select source, file from work_rows where role = 'worker' group by source, file having bool_or(declared_member)
;
create or replace table hidden_members as
select distinct w.person_id
from person_work w
join asking_files using (source, file)
join roll_of r on r.person_id = w.person_id
where w.role = 'worker' and w.match_class in ('exact', 'confirmed') and w.declared_member = false
    and w.started_on > r.joined_on
;
create or replace table pocket_letters as
select l.person_id, l.row_key
from letters l left join roll_of r using (person_id)
where l.age = 1 and list_contains($pending_states::varchar[], l.state) and l.received_on is null
    and l.expires_on < $as_of
    and not exists (
        select 1 from letters later
        where later.person_id = l.person_id and later.state = $received_state
            and coalesce(later.received_on, later.issued_on) >= l.issued_on
    )
    and org_key(r.branch_name) is distinct from coalesce(org_key(l.to_org), '?')
    -- While a person must say whether the letter is a roll member's, the branch on that entry cancels it too.
    and not exists (
        select 1 from registry_doubts d
        join stage_party_members m on m.row_key in (d.left_row_key, d.right_row_key)
        where l.row_key in (d.left_row_key, d.right_row_key) and org_key(m.branch_name) = org_key(l.to_org)
    )
;
create or replace table status_facts as
select
    p.person_id, p.kind, coalesce(w.worker_rows, 0) as worker_rows, coalesce(w.work_rows, 0) as work_rows,
    r.person_id is not null as on_roll,
    coalesce(r.membership_state = '停止党籍', false) as stopped,
    coalesce(r.lost_contact, false) or coalesce(r.membership_state = '失联', false) as lost,
    coalesce(r.is_floating, false) as flagged_floating,
    f.direction as flow, f.person_id is not null as registered_floating,
    exists (select 1 from letters l where l.person_id = p.person_id) as has_letter,
    p.person_id in (select person_id from pocket_letters) as pocket,
    p.person_id in (select person_id from hidden_members) as hidden,
    coalesce(h.elsewhere, false) as elsewhere,
    coalesce(w.works_since <= $works_before, false) as works_long,
    r.person_id is not null and r.roll_row_key in (select row_key from own_job_rows) as own_job
from persons p
left join work_summary w using (person_id)
left join roll_of r on r.person_id = p.person_id
left join floats f on f.person_id = p.person_id and f.age = 1
left join homes h on h.person_id = p.person_id
;
create or replace table status_rows as
select person_id, 'S1' as code from status_facts where stopped
union all select person_id, 'P1' from status_facts where pocket
union all select person_id, 'L1' from status_facts where lost and work_rows > 0
union all select person_id, 'Y1' from status_facts where hidden
union all select person_id, 'P2' from status_facts
    where on_roll and works_long and elsewhere and not flagged_floating and not registered_floating and not has_letter
union all select person_id, 'F1' from status_facts
    where flow = '流出' or (flow is null and flagged_floating and not elsewhere)
union all select person_id, 'F2' from status_facts
    where work_rows > 0 and (flow = '流入' or (flow is null and flagged_floating and elsewhere))
union all select person_id, 'W1' from status_facts where worker_rows = 0 and own_job and kind <> 'declared'
union all select person_id, 'D1' from status_facts where kind = 'declared'
;
create or replace table statuses as
with order_of as (
    select unnest($status_order::varchar[]) as code, generate_subscripts($status_order::varchar[], 1) as place
), given as (
    select s.person_id, s.code, o.place from status_rows s join order_of o using (code)
    union all
    select person_id, 'N0', 99 from status_facts where person_id not in (select person_id from status_rows)
)
select person_id, list(code order by place) as codes, min_by(code, place) as primary_status
from given group by person_id
