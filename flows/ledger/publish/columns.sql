-- One row per ledger column that tonight's sources fill: for how many of the ledger's persons they do.
-- A number that may not be published (it holds an ID or a phone) is no value here: fewer than 11 digits never is one.
with present as (
    -- Not those who stand as they stood, since none of their sources came, nor those under an objection.
    select k.person_id from person_keys k join ledger_new n using (person_key)
    where n.last_seen = $as_of::date and not n.objection
), numbered as (
    select f.person_id, g.member_no from present f
    join persons p using (person_id) join registry_persons g on g.registry_id = p.registry_id
    where length(regexp_replace(nfc_normalize(g.member_no), '[^0-9]', '', 'g')) < 11
        and g.member_no not in (select name from person_rows where name is not null)
), recorded as (
    select distinct e.person_id from evidence_rows e join person_rows d using (row_key)
    where d.record_id is not null and length(regexp_replace(nfc_normalize(d.record_id), '[^0-9]', '', 'g')) < 11
)
select * from (
    select 'member_no' as name, count(*) as filled from numbered
    union all select 'record_id', count(*) from recorded join present using (person_id)
    union all select 'platforms', count(distinct person_id) from person_work join present using (person_id)
        where platform is not null
    union all select 'units', count(distinct person_id) from person_work join present using (person_id)
        where unit_name is not null
    union all select 'occupation_groups', count(distinct person_id) from person_work join present using (person_id)
        where grp is not null
    union all select 'work_street', count(distinct person_id) from person_work join present using (person_id)
        where work_street is not null
    union all select 'home_street', count(distinct person_id) from person_work join present using (person_id)
        where home_street is not null
    union all select 'sex', count(*) from roll_of join present using (person_id) where sex is not null
    union all select 'ethnicity', count(*) from roll_of join present using (person_id) where ethnicity is not null
    union all select 'member_type', count(*) from roll_of join present using (person_id) where member_type is not null
    union all select 'joined_on', count(*) from roll_of join present using (person_id) where joined_on is not null
    union all select 'home_org_name', count(*) from homes join present using (person_id) where org_name is not null
    union all select 'home_org_code', count(*) from homes join present using (person_id) where org_code is not null
    union all select 'id_token', count(*) from id_tokens join present using (person_id) where id_token is not null
)
order by name
