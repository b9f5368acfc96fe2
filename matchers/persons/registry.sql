-- registry_persons from the registry's rows (registry_input) and `tied`.
-- tied: (row_id, lead_id): each row and the smallest row of its person. all_rows: how each row's name is compared.
create or replace table registry_persons as
with members as (
    select t.lead_id as registry_id, i.*,
        case i.role when 'roll' then 0 when 'transfer' then 1 else 2 end as rank,
        a.name_kind is distinct from 1 as name_damaged, -- masked, or a rare character that could not be written
        case i.id_kind when 'full' then 0 when 'excel15' then 1 when 'masked' then 2 when 'invalid' then 3 else 4 end as id_rank
    from tied t join registry_input i on i.row_id = t.row_id join all_rows a on a.id = t.row_id
)
select
    registry_id,
    min(member_no) as member_no,
    arg_min(name, (name_damaged, rank, row_id)) filter (where name is not null) as name,
    list_sort(list_distinct(list(name))) as names,
    arg_min(sex, (rank, row_id)) filter (where sex is not null) as sex,
    arg_min(birth_date, (-length(birth_date), rank, row_id)) filter (where birth_date is not null) as birth_date,
    arg_min(id_number, (id_rank, rank, row_id)) filter (where id_number is not null) as id_number,
    arg_min(id_kind, (id_rank, rank, row_id)) filter (where id_number is not null) as id_kind,
    coalesce(list_sort(list_distinct(flatten(list(phones)))), []::varchar[]) as phones,
    list_sort(list(row_id)) as row_keys,
    min(row_id) filter (where role = 'roll') as roll_row_key,
    case when count(*) filter (where role = 'roll') > 1 then ['duplicate_roll_entry'] else []::varchar[] end as flags
from members
group by registry_id
order by registry_id;
