create or replace table pocket_letters as
-- One row per person with a letter that has expired, was received by nobody and lies with no organisation over them.
select l.person_id, l.row_key
from pending_letters l
where l.row_key not in (select row_key from lodged_letters)
;
create or replace table contradicted as
-- People whose roll entries say two things; their branches are compared as organisations, not as words.
with said as (
    select
        p.person_id, e.membership_state, e.lost_contact, e.is_floating, e.member_type, e.joined_on,
        coalesce('o' || t.org_id::varchar, 'n' || tidy(e.branch_name), 'c' || e.branch_code) as branch
    from persons p join roll_entries e on e.registry_id = p.registry_id
    left join organisation_texts t on t.name is not distinct from e.branch_name
        and t.code is not distinct from nullif(e.branch_code, '')
), counted as (
    select
        person_id, list_filter([
            if(count(distinct membership_state) > 1, 'membership_state', null),
            if(count(distinct lost_contact) > 1, 'lost_contact', null),
            if(count(distinct is_floating) > 1, 'is_floating', null),
            if(count(distinct member_type) > 1, 'member_type', null),
            if(count(distinct joined_on) > 1, 'joined_on', null),
            if(count(distinct branch) > 1, 'branch', null)
        ], name -> name is not null) as differs
    from said group by person_id
)
select person_id, differs from counted where len(differs) > 0
;
create or replace table status_facts as
-- One row per person with the facts that their statuses are made of.
select
    p.person_id, p.kind, coalesce(w.worker_rows, 0) as worker_rows, coalesce(w.work_rows, 0) as work_rows,
    r.person_id is not null as on_roll,
    coalesce(r.membership_state = '停止党籍', false) as stopped,
    coalesce(r.lost_contact, false) or coalesce(r.membership_state = '失联', false) as lost,
    coalesce(r.is_floating, false) as flagged_floating,
    f.direction as flow, f.person_id is not null as registered_floating,
    -- A letter of before this work, or one that came back, moves nobody; one without a date may be of any time.
    exists (select 1 from letters l where l.person_id = p.person_id and l.state is distinct from $returned_state
        and (l.told_on is null or l.told_on >= w.works_since)) as has_letter,
    p.person_id in (select person_id from pocket_letters) as pocket,
    p.person_id in (select person_id from hidden_members) as hidden,
    coalesce(h.elsewhere, false) as elsewhere,
    coalesce(w.works_since <= $works_before, false) as works_long,
    r.person_id is not null and exists (
        select 1 from roll_entries e join own_job_rows o using (row_key) where e.registry_id = p.registry_id) as own_job
from persons p
left join work_summary w using (person_id)
left join roll_of r on r.person_id = p.person_id
left join floats f on f.person_id = p.person_id and f.age = 1
left join homes h on h.person_id = p.person_id
;
create or replace table codes_found as
-- One row per person and status code that the facts give.
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
create or replace table status_rows as
-- One row per person and code that is kept: rolls that contradict each other accuse nobody.
select person_id, code from codes_found
where not (person_id in (select person_id from contradicted) and list_contains($accusing::varchar[], code))
;
create or replace table statuses as
-- One row per person with their codes in the policy's order; N0 where there is none.
with order_of as (
    select unnest($status_order::varchar[]) as code, generate_subscripts($status_order::varchar[], 1) as place
), given as (
    select s.person_id, s.code, o.place from status_rows s join order_of o using (code)
    union all
    select person_id, 'N0', 99 from status_facts where person_id not in (select person_id from status_rows)
)
select person_id, list(code order by place) as codes, min_by(code, place) as primary_status
from given group by person_id
