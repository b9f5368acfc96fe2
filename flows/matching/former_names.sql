-- one row per worker row that names somebody of the registry by another of their names: the name to compare it under.
-- A person's former name on a worker's row, or a worker's former name on the registry, counts where a number agrees too:
-- a phone, or an ID whose shown places do not differ; and only where it leads to one name.
with worker_names as (
    select row_key, name, name as own from person_rows where role in ('worker', 'self_report') and name is not null
    union all
    select o.row_key, o.name, p.name from other_names o join person_rows p using (row_key)
    where p.role in ('worker', 'self_report')
), registry_rows as (
    select registry_id, name as own, id_number, phones, unnest(row_keys) as row_key from registry_persons
), registry_names as (
    select registry_id, own as name, own from registry_rows
    union
    select r.registry_id, o.name, r.own from registry_rows r join other_names o using (row_key)
), pairs as (
    select distinct w.row_key, r.registry_id, r.own
    from worker_names w join registry_names r using (name)
    where w.own is distinct from r.own
)
select a.row_key, min(a.own) as name
from pairs a
join person_rows w using (row_key)
join registry_persons p on p.registry_id = a.registry_id
where list_has_any(w.phones, p.phones)
    or (
        w.id_number is not null and p.id_number is not null
        and length(replace(w.id_number, '*', '')) >= 10
        and p.id_number like replace(w.id_number, '*', '_')
    )
group by a.row_key having count(distinct a.own) = 1
order by a.row_key
