-- What tonight's rows write of units: one row per spelling and credit code, and one per station as it is written.
create or replace table written_units as
-- One row per spelling, credit code, street and trade that rows write together, with how many do.
select
    p.unit_name, p.uscc, p.own_street as street, case when p.grp <> $default_group then t.trade end as trade,
    count(*) as rows, bool_or(p.source = 'market_regulation') as registered
from placed_work p left join trades t using (grp)
where p.unit_name is not null
group by all
;
create or replace table unit_mentions as
-- One row per spelling, credit code and kind of place it stands in. `founds`: it may be a unit by itself.
with linked as (
    select org_id, uscc, street, unnest(unit_texts) as text, len(unit_texts) as units from orgs
), roll as (
    select r.unit_name as text, mode(t.trade order by t.trade) as trade, count(*) as rows
    from stage_party_members r join own_trades g using (row_key) left join trades t on t.grp = g.grp
    where r.unit_name is not null group by r.unit_name
), named as (
    select unit_name, uscc, sum(rows)::bigint as rows, bool_or(registered) as registered
    from written_units group by all
), streets as (
    select unit_name, uscc, min_by(street, (-rows, street)) as street
    from (
        select unit_name, uscc, street, sum(rows) as rows from written_units
        where street is not null group by all
    ) group by all
), lines as (
    select unit_name, uscc, min_by(trade, (-rows, trade)) as trade
    from (
        select unit_name, uscc, trade, sum(rows) as rows from written_units
        where trade is not null group by all
    ) group by all
)
select n.unit_name as text, n.uscc, s.street, t.trade, n.rows, n.registered
from named n
left join streets s on s.unit_name = n.unit_name and s.uscc is not distinct from n.uscc
left join lines t on t.unit_name = n.unit_name and t.uscc is not distinct from n.uscc
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
