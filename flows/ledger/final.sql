create or replace table ledger_stated as
-- Under an objection nothing is told from which the statuses could be read: no class, reason, list, flag or row.
select
    j.* replace (
        if(o.person_key is null, list_filter(j.flags, flag -> flag <> 'kept_by_check'), []::varchar[]) as flags,
        if(o.person_key is null, j.statuses, []::varchar[]) as statuses,
        if(o.person_key is null, j.statuses[1], null) as primary_status,
        if(o.person_key is null, j.match_class, 'withheld') as match_class,
        if(o.person_key is null, j.match_weight, null) as match_weight,
        if(o.person_key is null, j.match_probability, null) as match_probability,
        if(o.person_key is null, j.match_reason, $withheld_reason) as match_reason,
        if(o.person_key is null, j.evidence, list_filter(j.evidence, piece -> false)) as evidence,
        if(o.person_key is null, j.platforms, []::varchar[]) as platforms,
        if(o.person_key is null, j.member_no, null) as member_no,
        if(o.person_key is null, j.member_type, null) as member_type,
        if(o.person_key is null, j.joined_on, null) as joined_on,
        if(o.person_key is null, j.home_org_code, null) as home_org_code,
        if(o.person_key is null, j.home_org_name, null) as home_org_name,
        if(o.person_key is null, j.host_org_code, null) as host_org_code,
        if(o.person_key is null, j.host_org_name, null) as host_org_name,
        if(o.person_key is null, j.host_rule, null) as host_rule
    ),
    if(o.person_key is null, coalesce(l.leads, []), []) as leads,
    if(o.person_key is null, l.lead_state, $objection_state) as lead_state,
    o.person_key is not null as objection
from ledger_joined j
left join ledger_leads l using (person_key)
left join open_objections o on o.person_key = j.person_key
where j.person_key not in (select person_key from erased_persons)
    and j.person_key not in (select person_key from erased_again)
;
create or replace table ledger as
select
    s.person_key, s.member_no, s.id_token, s.name_masked, s.sex, s.birth_year::smallint as birth_year, s.ethnicity,
    s.occupation_groups, s.platforms, s.units, s.work_street, s.home_street, s.member_type, s.joined_on,
    s.home_org_code, s.home_org_name, s.primary_status, s.statuses, s.match_class, s.match_weight,
    s.match_probability, s.match_reason, s.flags, s.evidence, s.leads, s.lead_state, s.objection,
    s.host_org_code, s.host_org_name, s.host_rule,
    coalesce(least(p.first_seen, m.first_seen), $as_of::date) as first_seen, s.last_seen,
    case when p.person_key is not null
        and p.member_no is not distinct from s.member_no and p.id_token is not distinct from s.id_token
        and p.name_masked = s.name_masked and p.sex is not distinct from s.sex
        and p.birth_year is not distinct from s.birth_year and p.ethnicity is not distinct from s.ethnicity
        and p.occupation_groups = s.occupation_groups and p.platforms = s.platforms and p.units = s.units
        and p.work_street is not distinct from s.work_street and p.home_street is not distinct from s.home_street
        and p.member_type is not distinct from s.member_type and p.joined_on is not distinct from s.joined_on
        and p.home_org_code is not distinct from s.home_org_code
        and p.home_org_name is not distinct from s.home_org_name
        and p.primary_status is not distinct from s.primary_status and p.statuses = s.statuses
        and p.match_class = s.match_class and p.flags = s.flags
        and p.leads is not distinct from s.leads and p.lead_state is not distinct from s.lead_state
        and p.objection = s.objection and p.host_org_code is not distinct from s.host_org_code
        and p.host_org_name is not distinct from s.host_org_name and p.host_rule is not distinct from s.host_rule
        and list_sort(list_transform(p.evidence, piece -> piece.source || '|' || coalesce(piece.record_id, '')))
            = list_sort(list_transform(s.evidence, piece -> piece.source || '|' || coalesce(piece.record_id, '')))
        then p.changed_on else $as_of::date
    end as changed_on
from ledger_stated s
left join previous_ledger p on p.person_key = s.person_key
left join (
    select e.new_key, min(q.first_seen) as first_seen
    from key_events e join previous_ledger q on q.person_key = e.old_key group by e.new_key
) m on m.new_key = s.person_key
order by s.person_key
