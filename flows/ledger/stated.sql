create or replace table ledger_stated as
-- One row per person of the ledger with what is said of them: all that is known, or, under an objection (异议), nothing
-- from which the statuses could be read. Which columns are withheld then, the ledger's contract says.
with known as (
    select
        j.* replace (j.statuses[1] as primary_status, list_filter(j.flags, flag -> flag <> 'kept_by_check') as flags),
        l.leads, l.lead_state, o.person_key is not null as objection
    from ledger_joined j
    left join ledger_leads l using (person_key)
    left join open_objections o on o.person_key = j.person_key
    where j.person_key not in (select person_key from erased_persons)
        and j.person_key not in (select person_key from erased_again)
), said as (
    select * from known where not objection
    union all by name
    select columns(name -> name not in $withheld) from known where objection
)
select
    person_key, member_no, id_token, name_masked, sex, birth_year::smallint as birth_year, ethnicity,
    occupation_groups, coalesce(platforms, []) as platforms, units, work_street, home_street, member_type, joined_on,
    home_org_code, home_org_name, primary_status, coalesce(statuses, []) as statuses,
    if(objection, 'withheld', match_class) as match_class, match_weight, match_probability,
    if(objection, $withheld_reason, match_reason) as match_reason, coalesce(flags, []) as flags,
    coalesce(evidence, []) as evidence, coalesce(leads, []) as leads,
    if(objection, $objection_state, lead_state) as lead_state, objection,
    host_org_code, host_org_name, host_rule, last_seen
from said
