create or replace table written_streets as
-- One row per unit, and per station, of which rows write the street, with the street that most of them write.
with written as (
    select k.unit_key, k.station_key, p.own_street as street
    from placed_work p join row_units k using (row_key) where p.own_street is not null
), named as (
    select 'unit' as part, unit_key as part_key, street from written where unit_key is not null
    union all
    select 'station', station_key, street from written where station_key is not null
), counted as (
    select part, part_key, street, count(*) as rows from named group by all
)
select part, part_key, min_by(street, (-rows, street)) as street from counted group by all
;
create or replace table work_rows as
-- One row per worker or self-report row: its unit, its station and its street of work, beside what `placed_work` has.
select
    p.row_key, k.unit_key, k.station_key, coalesce(p.own_street, s.street, x.street, n.street, u.street) as work_street,
    case when p.own_street is not null then 'cell' when coalesce(s.street, x.street) is not null then 'station'
        when n.street is not null then 'station_name' when u.street is not null then 'unit' end as street_from
from placed_work p
left join row_units k using (row_key)
left join written_streets s on s.part = 'station' and s.part_key = k.station_key
left join units x on x.unit_key = k.station_key
left join named_stations n on n.station = p.station
left join written_streets u on u.part = 'unit' and u.part_key = k.unit_key
