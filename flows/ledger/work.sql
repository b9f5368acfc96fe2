create or replace table station_street as
select station_key, min_by(own_street, (-rows, own_street)) as street
from (
    select k.station_key, p.own_street, count(*) as rows from placed_work p join row_units k using (row_key)
    where k.station_key is not null and p.own_street is not null group by all
) group by station_key
;
create or replace table unit_street as
select unit_key, min_by(own_street, (-rows, own_street)) as street
from (
    select k.unit_key, p.own_street, count(*) as rows from placed_work p join row_units k using (row_key)
    where k.unit_key is not null and p.own_street is not null group by all
) group by unit_key
;
create or replace table work_rows as
-- One row per worker or self-report row, with its unit, its station and its street of work.
select
    p.*, k.unit_key, k.station_key, coalesce(p.own_street, s.street, x.street, n.street, u.street) as work_street,
    case when p.own_street is not null then 'cell' when coalesce(s.street, x.street) is not null then 'station'
        when n.street is not null then 'station_name' when u.street is not null then 'unit' end as street_from
from placed_work p
left join row_units k using (row_key)
left join station_street s on s.station_key = k.station_key
left join units x on x.unit_key = k.station_key
left join named_stations n on n.station = p.station
left join unit_street u on u.unit_key = k.unit_key
