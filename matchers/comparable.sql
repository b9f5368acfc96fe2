-- One row per person row with the columns that are compared. Parameters: none; {side} is left or right.
create or replace table {side}_rows as
with cut as (
    select
        row_id as id,
        n.*,
        p.id_number,
        p.id_kind,
        -- digits of the ID that stand in known places
        nullif(replace(substr(p.id_number, 7, 8), '*', ''), '') as id_birth_seen,
        replace(p.birth_date, '-', '') as birth_cell,
        p.sex as sex_cell
    from {side}_input p
    left join compared_names n on n.name = p.name
)
select
    id, name, name_key, name_sound, name_fold, name_swap, name_like, name_head, name_kind,
    id_number, id_kind,
    case when id_kind = 'full' then id_number end as id_full,
    case when substr(id_number, 1, 15) not like '%*%' then substr(id_number, 1, 15) end as id_first15,
    case when substr(id_number, 1, 6) not like '%*%' and substr(id_number, 15, 4) not like '%*%'
         then substr(id_number, 1, 6) || substr(id_number, 15, 4) end as id_head_tail,
    case when length(id_birth_seen) = 8 and id_kind <> 'invalid' then id_birth_seen else birth_cell end as birth,
    length(id_birth_seen) = 8 and id_kind <> 'invalid' as birth_from_id,
    case
        when id_kind <> 'invalid' and substr(id_number, 17, 1) between '0' and '9'
        then case when cast(substr(id_number, 17, 1) as integer) % 2 = 1 then 'male' else 'female' end
        else sex_cell
    end as sex
from cut;

create or replace table {side}_phones as
select distinct
    row_id as id,
    phone,
    case when length(phone) = 11 and substr(phone, 1, 3) not like '%*%' and substr(phone, 8, 4) not like '%*%'
         then substr(phone, 1, 3) || substr(phone, 8, 4) end as phone_head_tail,
    phone not like '%*%' as whole
from (select row_id, unnest(phones) as phone from {side}_input)
where phone is not null;
