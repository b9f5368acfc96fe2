create or replace table link_rows as
-- One row per linked pair of a worker or self-report row and a person of the registry.
select
    d.right_id as registry_id, d.left_id as row_key, p.role, p.source, d.match_class, d.match_weight,
    d.match_probability, d.reason, d.fields, d.flags, d.rule
from decided d join person_rows p on p.row_key = d.left_id
where d.decision = 'link'
;
create or replace table own_job_rows as
-- One row per roll row whose own 工作单位 or 工作岗位 shows platform work (W1).
select row_key from own_trades
;
create or replace table persons as
-- One row per person that may stand in the ledger: linked, of platform work by the roll (own_job), or self-declared.
with linked as (
    select
        registry_id as person_id, registry_id, 'linked' as kind, list(row_key order by row_key) as worker_row_keys,
        case
            when bool_or(role = 'worker' and match_class = 'confirmed') then 'confirmed'
            when bool_or(role = 'worker' and match_class = 'exact') then 'exact'
            when bool_or(role = 'worker') then 'strong'
            else 'self_report'
        end as match_class,
        flatten(list(flags)) as row_flags, bool_or(role = 'worker') as has_worker
    from link_rows group by registry_id
), own_job as (
    select r.registry_id
    from (select registry_id, unnest(row_keys) as row_key from registry_persons) r join own_job_rows o using (row_key)
    where r.registry_id not in (select registry_id from linked)
    group by r.registry_id
), declared as (
    select
        -min(d.row_key) as person_id, list(d.row_key order by d.row_key) as worker_row_keys,
        case when bool_or(w.role = 'worker') then 'declared' else 'self_report' end as match_class
    from declarers d join placed_work w using (row_key) group by d.person_row
)
select
    l.person_id, l.registry_id, l.kind, l.worker_row_keys, l.match_class,
    list_sort(list_distinct(list_concat(l.row_flags, coalesce(r.flags, [])))) as flags
from linked l join registry_persons r on r.registry_id = l.registry_id
union all
select r.registry_id, r.registry_id, 'own_job', []::bigint[], 'own_job', list_sort(r.flags)
from own_job o join registry_persons r on r.registry_id = o.registry_id
union all
select person_id, null, 'declared', worker_row_keys, match_class, []::varchar[] from declared
order by 1
