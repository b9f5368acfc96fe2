create or replace table text_street as
-- One row per text of a place that names a known street: the longest name in it.
with texts as (
    select distinct text from (
        select street as text from raw_work union all
        select address from raw_work union all
        select home_address from raw_work union all
        select home_street from raw_work union all
        select address from lent_addresses
    ) where text is not null
)
select text, min_by(street, (-length(street), street)) as street
from texts join street_names on contains(texts.text, street_names.street)
group by text
;
create or replace table placed_work as
-- One row per worker or self-report row in scope: where, for whom and since when, with the streets its cells name.
select
    w.row_key, w.source, w.role, w.file, coalesce(w.platform, f.platform) as platform,
    case when w.platform is not null then 'cell' when f.platform is not null then 'name' end as platform_from,
    w.unit_name, w.uscc,
    w.station, w.job, w.home_org, w.started_on, w.start_field, w.valid_to, w.work_state, w.declared_member,
    coalesce(w.work_state, 'active') <> 'left' as works_now,
    t.grp,
    coalesce(s_street.street, s_address.street) as own_street,
    coalesce(h_street.street, h_address.street) as home_street
from raw_work w
join row_trades t on t.row_key = w.row_key
left join named_platforms f on f.source = w.source and f.file = w.file and f.sheet is not distinct from w.sheet
left join text_street s_street on s_street.text = w.street
left join text_street s_address on s_address.text = w.address
left join text_street h_street on h_street.text = w.home_street
left join text_street h_address on h_address.text = w.home_address
