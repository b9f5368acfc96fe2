-- One row per person row: the input's columns and beside them those that are compared.
with cut as (
    select
        p.*,
        n.* exclude (name),
        d.* exclude (place),
        replace(substr(p.id_number, 7, 8), '*', '') as id_birth,
        replace(p.birth_date, '-', '') as birth_cell
    from numbered p
    join packed d on d.place = p.place
    left join compared_names n on n.name = p.name
)
select
    * exclude (place, id_birth, birth_cell),
    case when id_kind = 'full' then id_number end as id_full,
    case when substr(id_number, 1, 15) not like '%*%' then substr(id_number, 1, 15) end as id_first15,
    case when substr(id_number, 1, 6) not like '%*%' and substr(id_number, 15, 4) not like '%*%'
         then substr(id_number, 1, 6) || substr(id_number, 15, 4) end as id_head_tail,
    substr(id_number, 15, 4) not like '%*%' as id_tail_seen,
    case when length(id_birth) = 8 and id_kind <> 'invalid' then id_birth else birth_cell end as birth,
    coalesce(length(id_birth) = 8 and id_kind <> 'invalid', false) as birth_from_id,
    case
        when id_kind <> 'invalid' and substr(id_number, 17, 1) between '0' and '9'
        then case when cast(substr(id_number, 17, 1) as integer) % 2 = 1 then 'male' else 'female' end
        else sex
    end as sex_compared
from cut
order by place
