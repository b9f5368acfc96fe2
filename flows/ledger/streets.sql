create or replace macro tidy(value) as
    nullif(regexp_replace(translate(nfc_normalize(value), '（）　', '() '), '\s+', '', 'g'), '')
;
create or replace table orgs as
-- One row per organisation of the register, with the units written beside it.
select
    row_number() over (order by org_code nulls last, org_name, row_key) as org_id,
    org_code, org_name, org_kind, parent_org, street, trade, uscc, full_members, row_key, file, sheet, "row", record_id, landed_on,
    list_filter(list_transform(string_split_regex(
        regexp_replace(coalesce(linked_unit, ''), '等([0-9一二三四五六七八九十两几多余]+[家个](单位|企业|公司|站点)?|单位|企业)$', ''),
        '[、,，;；/|\n]'), part -> trim(part)), part -> part <> '') as unit_texts
from organisation_rows
order by org_id
;
create or replace table street_names as
-- One row per street of the district: as the register of organisations names it, else as worker rows write it.
with named as (
    select distinct street from orgs where length(street) >= 2
), written as (
    select distinct street from raw_work where length(street) >= 2 and not exists (select 1 from named)
)
select street from named union select street from written
