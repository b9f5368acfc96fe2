-- What tonight's rows write of units: one row per spelling and credit code, and one per station as it is written.
create or replace table unit_mentions as
-- One row per spelling, credit code and kind of place it stands in. `founds`: it may be a unit by itself.
with linked as (
    select org_id, uscc, street, unnest(unit_texts) as text, len(unit_texts) as units from orgs
), roll as (
    select r.unit_name as text, mode(t.trade order by t.trade) as trade, count(*) as rows
    from stage_party_members r join own_trades g using (row_key) left join trades t on t.grp = g.grp
    where r.unit_name is not null group by r.unit_name
)
select
    unit_name as text, uscc, mode(own_street order by own_street) as street,
    mode(t.trade order by t.trade) filter (p.grp <> $default_group) as trade, count(*) as rows,
    bool_or(source = 'market_regulation') as registered
from placed_work p left join trades t using (grp)
where unit_name is not null group by unit_name, uscc
union all
select text, if(units = 1, uscc, null), null, null, 1, false from linked where text is not null
union all
select text, null, null, trade, rows, false from roll
order by all
;
create or replace table station_mentions as
-- One row per station, the unit written beside it and the platform.
select
    station, unit_name, uscc, platform, mode(own_street order by own_street) as street,
    mode(t.trade order by t.trade) filter (p.grp <> $default_group) as trade, count(*) as rows
from placed_work p left join trades t using (grp)
where station is not null group by station, unit_name, uscc, platform
order by all
;
create or replace table market_units as
-- One row per name and credit code of the market register: what a firm is called by its licence.
select unit_name as text, uscc, min_by(x.street, (-length(x.street), x.street)) as street
from stage_market_regulation m left join street_names x on contains(coalesce(m.street, '') || coalesce(m.address, ''), x.street)
where unit_name is not null and uscc is not null
group by unit_name, uscc order by all
