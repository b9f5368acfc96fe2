create or replace table registry_births as
-- One row per name and birth date that one person of the registry alone has, of the names of tonight's persons.
select name || '|' || coalesce(
    case when id_kind = 'full' then substr(id_number, 7, 8) end,
    case when length(birth_date) = 10 then replace(birth_date, '-', '') end
) as name_birth, count(*) as bearers, min(registry_id) as registry_id
from registry_persons
where name in (select r.name from persons p join ledger_registry r using (registry_id))
group by name_birth
having name_birth is not null and bearers = 1
;
create or replace table identity_values as
-- One row per person, kind of evidence and value: what the keyed tokens are made of that find a person again.
with worker_side as (
    select p.person_id, p.registry_id, w.*
    from (select person_id, registry_id, unnest(worker_row_keys) as row_key from persons) p
    join (select row_key, source, record_id, name, id_number, id_kind, phones from ledger_rows) w using (row_key)
), registry_side as (
    select p.person_id, r.registry_id, r.name, r.id_number, r.id_kind, r.birth_date, r.phones
    from persons p join ledger_registry r using (registry_id)
)
select person_id, 'id' as kind, id_number as value from registry_side where id_kind = 'full'
union
select person_id, 'id', id_number from worker_side where registry_id is null and id_kind = 'full'
union
select r.person_id, 'member', g.member_no || '|' || r.name
from registry_side r
join registry_rows x using (registry_id) join ledger_rows g on g.row_key = x.row_key
where g.member_no is not null
union
select p.person_id, 'birth', b.name_birth
from persons p join registry_births b using (registry_id)
union
select person_id, 'phone', name || '|' || phone
from (select person_id, name, unnest(phones) as phone from worker_side)
where regexp_full_match(phone, '1\d{10}') and not contains(name, '*') and length(name) >= 2
union
select person_id, 'phone', name || '|' || phone
from (select person_id, name, unnest(phones) as phone from registry_side)
where regexp_full_match(phone, '1\d{10}')
union
select person_id, 'record', source || '|' || record_id from worker_side where record_id is not null
union
select person_id, 'record', 'row|' || source || '|' || coalesce(name, '') || '|' || coalesce(id_number, '')
    || '|' || array_to_string(phones, ',')
from worker_side
union
select person_id, 'record', 'registry|' || name || '|' || coalesce(id_number, '') || '|' || coalesce(birth_date, '')
    || '|' || array_to_string(phones, ',')
from registry_side
