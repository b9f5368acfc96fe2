create or replace table floats as
-- One row per person and entry of the floating register, the newest first (age 1).
select
    p.person_id, f.row_key, f.home_branch, f.host_org,
    coalesce(f.flow_direction, case
        when exists (select 1 from organisation_texts o where o.name = f.host_org and o.org_id is not null) then '流入'
        when exists (select 1 from organisation_texts o where o.name = f.home_branch and o.org_id is not null) then '流出'
    end) as direction,
    row_number() over (partition by p.person_id order by f.left_on desc nulls last, f.row_key desc) as age
from persons p
join registry_rows g on g.registry_id = p.registry_id
join stage_floating_members f on f.row_key = g.row_key
;
create or replace table homes as
-- One row per person with the organisation they belong to, and whether it is none of this district (elsewhere).
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
)
select
    n.person_id, t.org_id, coalesce(o.org_code, n.code) as org_code, coalesce(n.name, o.org_name) as org_name, n.on_roll,
    (n.name is not null or n.code is not null) and t.org_id is null and exists (select 1 from orgs) as elsewhere
from named n
left join organisation_texts t on t.name is not distinct from n.name and t.code is not distinct from n.code
left join orgs o on o.org_id = t.org_id
;
create or replace table asking_files as
-- One row per file of workers that asks who is a member: some row of it says so.
select source, file from placed_work where role = 'worker' group by source, file having bool_or(declared_member)
;
create or replace table denials as
-- One row per worker row on which a member says they are none, where the file asks.
select w.person_id, w.row_key, w.started_on, p.registry_id
from person_work w
join asking_files using (source, file)
join persons p on p.person_id = w.person_id
where w.role = 'worker' and w.match_class in ('exact', 'confirmed') and w.declared_member = false
;
create or replace table accounts_of_others as
-- Rows tied by an ID whose phone another known person bears, a member or a worker: they prove the account, not who rides
-- on it. Of who denies being a member any other name is enough; else the other one has another ID or another surname,
-- so that a name spelled otherwise is nobody else, and is not one of many that a number is shared by.
with tied as (
    select w.person_id, w.row_key, p.registry_id, w.row_key in (select row_key from denials) as denies
    from person_work w join persons p using (person_id)
    where w.role = 'worker' and w.match_class in ('exact', 'confirmed')
), phones as (
    select * from (select d.*, unnest(x.phones) as phone from tied d join ledger_rows x using (row_key))
    where regexp_full_match(phone, '1\d{10}')
), bearers as (
    select *, count(distinct name) over (partition by phone) as names from (
        select x.row_key, x.name, x.id_number, x.id_kind, unnest(x.phones) as phone from person_rows x
        where x.name is not null and not contains(x.name, '*')
    ) where phone in (select phone from phones)
)
select distinct d.person_id, d.row_key
from phones d
join ledger_registry r on r.registry_id = d.registry_id
join bearers b on b.phone = d.phone
where not list_contains(r.names, b.name) and not (b.id_kind = 'full' and b.id_number is not distinct from r.id_number)
    and b.row_key not in (select row_key from link_rows k where k.registry_id = d.registry_id)
    and not list_contains(r.row_keys, b.row_key)
    and (d.denies or (b.names < 4 and (b.id_kind = 'full' or b.name[1] <> r.name[1])))
union
select d.person_id, d.row_key
from denials d join link_rows k on k.row_key = d.row_key and k.registry_id = d.registry_id
where list_contains(k.flags, 'phone_of_another')
;
create or replace table hidden_members as
-- One row per member who joined before they denied it, on an account that is shown to be their own.
select distinct d.person_id
from denials d
join roll_of r using (person_id)
where d.started_on > (select max(e.joined_on) from roll_entries e where e.registry_id = d.registry_id)
    and r.joined_on is not null
    and (d.person_id in (select person_id from checked_people)
        or d.row_key not in (select row_key from accounts_of_others))
;
create or replace table pending_letters as
-- One row per person whose newest letter has expired and was received by nobody.
select l.person_id, l.row_key, l.to_org
from letters l
where l.age = 1 and list_contains($pending_states::varchar[], l.state) and l.expires_on < $as_of
    and not exists (
        select 1 from letters later
        where later.person_id = l.person_id and later.state = $received_state
            and coalesce(coalesce(later.received_on, later.told_on) >= l.told_on, true)
    )
