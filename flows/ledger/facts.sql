create or replace macro tidy(value) as
    nullif(regexp_replace(translate(nfc_normalize(value), '（）　', '() '), '\s+', '', 'g'), '')
;
create or replace table orgs as
select
    row_number() over (order by org_code nulls last, org_name, row_key) as org_id,
    org_code, org_name, org_kind, parent_org, street, trade, uscc, full_members, row_key, file, sheet, "row", record_id, landed_on,
    list_filter(list_transform(string_split_regex(coalesce(linked_unit, ''), '[、,，;；/]'), part -> trim(part)),
        part -> part <> '') as unit_texts
from organisation_rows
order by org_id
;
create or replace table street_names as
with named as (
    select distinct street from orgs where length(street) >= 2
), written as (
    select distinct street from raw_work where length(street) >= 2 and not exists (select 1 from named)
)
select street from named union select street from written
;
create or replace table text_street as
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
select
    w.row_key, w.source, w.role, w.file, w.platform, w.unit_name, w.uscc,
    w.station, w.job, w.home_org, w.started_on, w.start_field, w.valid_to, w.work_state, w.declared_member,
    coalesce(w.work_state, 'active') <> 'left' as works_now,
    t.grp,
    coalesce(s_street.street, s_address.street) as own_street,
    coalesce(h_street.street, h_address.street) as home_street
from raw_work w
join row_trades t on t.row_key = w.row_key
left join text_street s_street on s_street.text = w.street
left join text_street s_address on s_address.text = w.address
left join text_street h_street on h_street.text = w.home_street
left join text_street h_address on h_address.text = w.home_address
