create or replace macro class_rank(name) as
    coalesce(list_position(['confirmed', 'exact', 'strong', 'self_report', 'declared', 'own_job'], name), 9)
;
create or replace table carried_sources as
select source from sources_incomplete union select source from registers_absent
;
create or replace table ledger_joined as
with previous_evidence as (
    select person_key, unnest(evidence) as piece from previous_ledger
), kept_pieces as (
    select e.person_key, list(e.piece) as pieces, list_distinct(list(e.piece.role)) as roles
    from previous_evidence e
    join ledger_draft d using (person_key)
    where e.piece.source in (select source from carried_sources)
        and not list_contains(list_transform(d.evidence, piece -> piece.source), e.piece.source)
    group by e.person_key
), gone as (
    select p.* from previous_ledger p left join ledger_draft d using (person_key)
    where p.person_key not in (select old_key from key_events where event = 'merged')
        and list_has_any(
            list_transform(p.evidence, piece -> piece.source), (select coalesce(list(source), []) from sources_incomplete))
        and (d.person_key is null or (class_rank(d.match_class) > 3 and class_rank(d.match_class) > class_rank(p.match_class)))
    union all
    select p.* replace (list_sort(list_distinct(list_append(p.flags, 'not_seen'))) as flags)
    from previous_ledger p join leavers l using (person_key)
    where not list_has_any(
            list_transform(p.evidence, piece -> piece.source), (select coalesce(list(source), []) from sources_incomplete))
        and (
            p.person_key in (select person_key from open_objections)
            or p.person_key in (select person_key from lead_states where list_contains($settled_states::varchar[], state))
            or (not l.row_here and (l.registry_here or p.match_class in ('declared', 'self_report'))
                and p.match_class <> 'own_job' and p.last_seen >= $as_of::date - $keep_days::integer))
), kept_codes as (
    select k.person_key, list_filter(p.statuses, code ->
        (code = 'P1' and list_contains(k.roles, 'transfer'))
        or (code in ('F1', 'F2') and list_contains(k.roles, 'floating'))
        or (code in ('Y1', 'P2') and list_contains(k.roles, 'worker'))
        or (code in ('P2', 'F1', 'F2') and list_contains(k.roles, 'organisation'))) as codes, k.pieces,
        -- Without the register of organisations nobody can tell what is elsewhere: last time's answer stands.
        list_contains(k.roles, 'organisation') as without_register
    from kept_pieces k join previous_ledger p using (person_key)
), merged as (
    select
        d.* replace (
            list_concat(d.evidence, coalesce(k.pieces, [])) as evidence,
            case when k.codes is null or (len(k.codes) = 0 and not k.without_register) then d.statuses
                else coalesce(nullif(list_filter($status_order::varchar[], code -> code <> 'N0' and (
                    (list_contains(d.statuses, code) and not (k.without_register and code in ('P2', 'F1', 'F2')))
                    or list_contains(k.codes, code))), []), ['N0']) end as statuses,
            case when k.without_register then coalesce(d.home_org_code, p.home_org_code) else d.home_org_code end
                as home_org_code,
            case when k.person_key is null then d.occupation_groups
                else list_sort(list_distinct(list_concat(d.occupation_groups, p.occupation_groups))) end as occupation_groups,
            case when k.person_key is null then d.platforms
                else list_sort(list_distinct(list_concat(d.platforms, p.platforms))) end as platforms,
            case when k.person_key is null then d.units
                else list_sort(list_distinct(list_concat(d.units, p.units))) end as units,
            case when k.person_key is null and not street_lost then d.work_street
                else coalesce(p.work_street, d.work_street) end as work_street,
            case when k.person_key is null and not street_lost then d.host_org_code else p.host_org_code end as host_org_code,
            case when k.person_key is null and not street_lost then d.host_org_name else p.host_org_name end as host_org_name,
            case when k.person_key is null and not street_lost then d.host_rule else p.host_rule end as host_rule,
            if(stronger_before, p.match_class, d.match_class) as match_class,
            if(stronger_before, p.match_weight, d.match_weight) as match_weight,
            if(stronger_before, p.match_probability, d.match_probability) as match_probability,
            if(stronger_before, p.match_reason, d.match_reason) as match_reason
        ),
        $as_of::date as last_seen
    from ledger_draft d
    left join kept_codes k using (person_key)
    left join previous_ledger p on p.person_key = d.person_key
    left join lateral (
        -- The street of a unit may be known from the rows of a source that did not come.
        select d.work_street is null and p.work_street is not null and exists (select 1 from sources_incomplete)
            as street_lost,
        k.person_key is not null and (
            class_rank(p.match_class) < class_rank(d.match_class)
            or (p.match_class = d.match_class and p.match_weight > d.match_weight)) as stronger_before
    ) s on true
    where d.person_key not in (select person_key from gone)
)
select * from merged
union all by name
select g.* exclude (primary_status, leads, lead_state, objection, first_seen, changed_on), null as primary_status
from gone g
;
create or replace table evidence_now as
select person_key, list_sort(list_distinct(list_transform(list_filter(evidence, piece -> piece.role <> 'organisation'), piece ->
    piece.role || '|' || piece.source || '|' || coalesce(piece.record_id, '')))) as pieces
from ledger_joined
;
create or replace table reopened as
select s.person_key, s.code, list_filter(e.pieces, piece -> not list_contains(s.basis, piece)) as news
from lead_states s join evidence_now e using (person_key)
where s.state = $excluded_state and s.basis is not null
    and len(list_filter(e.pieces, piece -> not list_contains(s.basis, piece))) > 0
;
create or replace table ledger_settled as
with kept as (
    select s.person_key, list(s.code) as codes from lead_states s join ledger_joined j using (person_key)
    where list_contains($settled_states::varchar[], s.state) and s.code not in ('D1', 'W1')
        and not list_contains(j.statuses, s.code)
    group by s.person_key
)
select j.* replace (
    case when k.codes is null then j.statuses
        else list_filter($status_order::varchar[], code -> code <> 'N0'
            and (list_contains(j.statuses, code) or list_contains(k.codes, code))) end as statuses,
    case when k.codes is null then list_filter(j.flags, flag -> flag <> 'kept_by_check')
        else list_sort(list_distinct(list_append(j.flags, 'kept_by_check'))) end as flags)
from ledger_joined j left join kept k using (person_key)
where j.person_key not in (select person_key from erased_persons)
;
create or replace table ledger_leads as
with codes as (
    select person_key, code, place
    from (select person_key, unnest(statuses) as code, generate_subscripts(statuses, 1) as place from ledger_settled)
    where code <> 'N0'
), stated as (
    select c.*, s.checked_by, s.checked_on,
        case when r.code is null then coalesce(s.state, $first_state) else $first_state end as state
    from codes c
    left join lead_states s on s.person_key = c.person_key and s.code = c.code
    left join reopened r on r.person_key = c.person_key and r.code = c.code
)
select
    person_key,
    list(struct_pack(code := code, state := state, checked_by := checked_by, checked_on := checked_on) order by place)
        as leads,
    min_by(state, place) filter (place = 1) as lead_state
from stated group by person_key
;
create or replace table ledger_stated as
select
    j.* replace (
        case when o.person_key is null then j.statuses else []::varchar[] end as statuses,
        case when o.person_key is null then j.statuses[1] end as primary_status,
        case when o.person_key is null then j.evidence else list_transform(j.evidence, piece -> struct_pack(
            source := piece.source, file := piece.file, sheet := piece.sheet, "row" := piece.row,
            record_id := piece.record_id, role := piece.role, match_class := piece.match_class,
            match_weight := piece.match_weight, fields := list_filter(piece.fields, field ->
                list_contains(['name', 'id_number', 'phones', 'birth_date', 'sex'], field)),
            landed_on := piece.landed_on)) end as evidence
    ),
    case when o.person_key is null then coalesce(l.leads, []) else [] end as leads,
    case when o.person_key is null then l.lead_state else $objection_state end as lead_state,
    o.person_key is not null as objection
from ledger_settled j
left join ledger_leads l using (person_key)
left join open_objections o on o.person_key = j.person_key
;
create or replace table ledger as
select
    s.person_key, s.member_no, s.id_token, s.name_masked, s.sex, s.birth_year::smallint as birth_year, s.ethnicity,
    s.occupation_groups, s.platforms, s.units, s.work_street, s.home_street, s.member_type, s.joined_on,
    s.home_org_code, s.home_org_name, s.primary_status, s.statuses, s.match_class, s.match_weight,
    s.match_probability, s.match_reason, s.flags, s.evidence, s.leads, s.lead_state, s.objection,
    s.host_org_code, s.host_org_name, s.host_rule,
    coalesce(p.first_seen, m.first_seen, $as_of::date) as first_seen, s.last_seen,
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
    from key_events e join previous_ledger q on q.person_key = e.old_key where e.event = 'merged' group by e.new_key
) m on m.new_key = s.person_key
order by s.person_key
