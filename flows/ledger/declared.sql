create or replace table tied_rows as
-- One row per worker row that is linked to the registry, or waits for a person.
select distinct left_id as row_key from decided where decision in ('link', 'review')
;
create or replace table row_keys_of_person as
-- One row per self-declaring or tied row and what says whose it is: a full ID, a full name with a full phone.
with asked as (
    select * from person_rows
    where role in ('worker', 'self_report')
        and row_key in (select row_key from placed_work where declared_member union select row_key from tied_rows)
)
select row_key, 'id:' || id_number as key from asked where id_kind = 'full'
union
select row_key, 'name:' || name || ':' || phone
from (
    select row_key, name, unnest(phones) as phone from asked
    where length(name) >= 2 and not contains(name, '*') and not regexp_matches(name, '(师傅|先生|女士)$')
)
where regexp_full_match(phone, '1\d{10}')
;
create or replace table declared_keys as
-- One row per self-declaring row and key of its person; tied where a row of that key, or the row itself, is.
with says_so as (
    select row_key from placed_work where declared_member
), tied_keys as (
    select distinct k.key from row_keys_of_person k join tied_rows using (row_key)
)
select
    d.row_key, coalesce(k.key, 'row:' || d.row_key) as key,
    d.row_key in (select row_key from tied_rows) or coalesce(k.key in (select key from tied_keys), false) as tied
from says_so d left join row_keys_of_person k using (row_key)
