create or replace table registry_rows as
-- One row per row of the roll, the transfer or the floating register that is one of tonight's persons'.
select registry_id, unnest(row_keys) as row_key from ledger_registry
where registry_id in (select registry_id from persons)
;
create or replace table person_work as
-- One row per person and worker or self-report row of theirs, with how it was matched.
with tied as (
    select person_id, registry_id, unnest(worker_row_keys) as row_key from persons
)
select
    t.person_id, p.* exclude (row_key), w.* exclude (row_key), t.row_key, l.match_class, l.match_weight,
    l.match_probability, l.reason, coalesce(l.fields, ['declared_member']) as fields
from tied t join placed_work p using (row_key) join work_rows w using (row_key)
left join link_rows l on l.row_key = t.row_key and l.registry_id = t.registry_id
;
create or replace table roll_entries as
-- The row that leads is chosen by what it says, so that no file's name or place decides it.
select r.registry_id, m.*, row_number() over (
        partition by r.registry_id
        order by m.member_no nulls last, m.joined_on nulls last, m.branch_code nulls last, m.branch_name nulls last,
            m.membership_state nulls last, m.member_type nulls last, m.row_key
    ) as place
from registry_rows r join stage_party_members m using (row_key)
;
create or replace table roll_of as
-- One row per person on the roll: the entry that leads.
select
    p.person_id, m.row_key as roll_row_key, m.member_no, m.sex, m.ethnicity, m.member_type, m.joined_on, m.branch_code,
    m.branch_name, m.unit_name, m.job, m.membership_state, m.lost_contact, m.is_floating, m.home_address, m.home_street
from persons p join roll_entries m on m.registry_id = p.registry_id and m.place = 1
;
create or replace macro letter_end(validity, issued, days) as case
    when validity = 'open' then date '9999-12-31'
    when regexp_full_match(validity, '\d{4}-\d{2}-\d{2}') then validity::date
    when regexp_full_match(validity, 'P\d+M') then (issued + to_months(regexp_extract(validity, '\d+')::integer))::date
    when regexp_full_match(validity, 'P\d+D') then (issued + to_days(regexp_extract(validity, '\d+')::integer))::date
    when validity is null then (issued + to_days(days))::date
end
;
create or replace table letters as
-- One row per person and transfer letter, the newest first (age 1), with the day it expires.
with dated as (
    select
        p.person_id, t.row_key, t.received_on, t.from_branch, t.to_org, coalesce(t.valid_until, t.valid_days) as validity,
        -- Of a month or a year alone its last day: nobody is called late by a day that is not written.
        case length(t.issued_on) when 10 then t.issued_on::date when 7 then last_day((t.issued_on || '-01')::date)
            when 4 then (t.issued_on || '-12-31')::date end as issued_on,
        -- A received letter was received, whatever else the cell still says.
        case when t.received_on is not null and coalesce(t.reception_state, '') <> $returned_state then $received_state
            else t.reception_state end as state
    from persons p
    join registry_rows g on g.registry_id = p.registry_id
    join stage_party_transfers t on t.row_key = g.row_key
    left join roll_of r on r.person_id = p.person_id
    where r.person_id is null or t.id_number is not null or len(t.phones) > 0
)
select
    *, letter_end(validity, issued_on, $letter_days::integer) as expires_on,
    coalesce(issued_on, try_cast(validity as date), received_on) as told_on,
    row_number() over (
        partition by person_id order by coalesce(issued_on, try_cast(validity as date), received_on) desc nulls last, row_key desc
    ) as age
from dated
