create or replace table registry_births as
select name || '|' || coalesce(
    case when id_kind = 'full' then substr(id_number, 7, 8) end,
    case when length(birth_date) = 10 then replace(birth_date, '-', '') end
) as name_birth, count(*) as bearers, min(registry_id) as registry_id
from registry_persons group by name_birth
having name_birth is not null and bearers = 1
;
create or replace table identity_values as
select p.person_id, 'id' as kind, r.id_number as value
from persons p join registry_persons r using (registry_id) where r.id_kind = 'full'
union
select p.person_id, 'id', w.id_number
from persons p, unnest(p.worker_row_keys) k(row_key) join person_rows w on w.row_key = k.row_key
where p.registry_id is null and w.id_kind = 'full'
union
select p.person_id, 'member', g.member_no || '|' || r.name
from persons p join registry_persons r using (registry_id)
join registry_rows x on x.registry_id = r.registry_id join person_rows g on g.row_key = x.row_key
where g.member_no is not null
union
select p.person_id, 'birth', b.name_birth
from persons p join registry_births b using (registry_id)
union
select p.person_id, 'phone', w.name || '|' || phone
from persons p, unnest(p.worker_row_keys) k(row_key) join person_rows w on w.row_key = k.row_key,
    unnest(w.phones) f(phone)
where regexp_full_match(phone, '1\d{10}') and not contains(w.name, '*') and length(w.name) >= 2
union
select p.person_id, 'phone', r.name || '|' || phone
from persons p join registry_persons r using (registry_id), unnest(r.phones) f(phone)
where regexp_full_match(phone, '1\d{10}')
union
select p.person_id, 'record', w.source || '|' || w.record_id
from persons p, unnest(p.worker_row_keys) k(row_key) join person_rows w on w.row_key = k.row_key
where w.record_id is not null
union
select p.person_id, 'record', 'row|' || w.source || '|' || coalesce(w.name, '') || '|' || coalesce(w.id_number, '')
    || '|' || array_to_string(w.phones, ',')
from persons p, unnest(p.worker_row_keys) k(row_key) join person_rows w on w.row_key = k.row_key
union
select p.person_id, 'record', 'registry|' || r.name || '|' || coalesce(r.id_number, '') || '|' || coalesce(r.birth_date, '')
    || '|' || array_to_string(r.phones, ',')
from persons p join registry_persons r using (registry_id)
