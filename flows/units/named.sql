-- What tonight's rows, organisations and roll entries name in the register of units.
create or replace table row_units as
-- One row per worker row that names a unit or a station: the unit it is counted in, and the station.
select
    p.row_key, coalesce(n.unit_key, s.unit_key) as unit_key, coalesce(s.station_key, n.station_key) as station_key
from placed_work p
left join name_units n on n.text = p.unit_name and n.uscc is not distinct from p.uscc
left join station_units s on s.station = p.station and s.unit_name is not distinct from p.unit_name
    and s.uscc is not distinct from p.uscc and s.platform is not distinct from p.platform
where coalesce(n.unit_key, s.unit_key) is not null
;
create or replace table org_units as
-- One row per organisation and unit it is for: by its 关联单位, or by the credit code of the unit.
with linked as (
    select org_id, uscc, unnest(unit_texts) as text, len(unit_texts) as units from orgs
)
select l.org_id, n.unit_key, n.station_key
from linked l join name_units n on n.text = l.text and n.uscc is not distinct from if(l.units = 1, l.uscc, null)
where n.unit_key is not null
union
select o.org_id, u.unit_key, null from orgs o join units u on u.credit_code = o.uscc
union
select o.org_id, n.unit_key, n.station_key from org_names o join name_units n on n.text = o.text and n.uscc is null
where n.unit_key is not null
order by all
;
create or replace table roll_units as
-- One row per roll entry whose own unit is in the register.
select r.row_key, n.unit_key, n.station_key
from stage_party_members r join name_units n on n.text = r.unit_name and n.uscc is null
where n.unit_key is not null
