create or replace macro class_rank(name) as
    coalesce(list_position(['confirmed', 'exact', 'strong', 'self_report', 'declared', 'own_job'], name), 9)
;
create or replace table carried_sources as
-- One row per source of which not all rows are here tonight.
select source from sources_incomplete union select source from registers_absent
;
create or replace table seen_on as
-- One row per person with worker rows, none of which came tonight.
select k.person_key, max(coalesce(c.came_on, $as_of::date)) as last_seen
from persons p join person_keys k using (person_id), unnest(p.worker_row_keys) x(row_key)
join ledger_rows w on w.row_key = x.row_key
left join carried_files c on c.source = w.source and c.file = w.file
group by k.person_key having max(coalesce(c.came_on, $as_of::date)) < $as_of::date
;
create or replace table ledger_joined as
-- One row per person of tonight or carried from the last ledger, with the evidence that did not come tonight.
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
    select p.* replace (
        list_sort(list_distinct(list_append(p.flags, 'not_seen'))) as flags,
        case when len(s.codes) = 0 or p.statuses is null then p.statuses
            else coalesce(nullif(list_filter(p.statuses, code -> not list_contains(s.codes, code)), []), ['N0']) end as statuses)
    from previous_ledger p join leavers l using (person_key)
    left join lateral (select coalesce(list(code), []) as codes from leavers_settled x where x.person_key = p.person_key) s on true
    where not list_has_any(
            list_transform(p.evidence, piece -> piece.source), (select coalesce(list(source), []) from sources_incomplete))
        and (
            -- Somebody who only reported themselves stands on their consent: without the row there is none.
            (not l.row_here and (l.registry_here or p.match_class = 'declared' or p.objection)
                and (p.objection or list_contains(list_transform(p.evidence, piece -> piece.role), 'worker'))
                and p.last_seen >= $as_of::date - $keep_days::integer))
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
            case when (k.person_key is null and not street_lost) or said then d.host_org_code else p.host_org_code end as host_org_code,
            case when (k.person_key is null and not street_lost) or said then d.host_org_name else p.host_org_name end as host_org_name,
            case when (k.person_key is null and not street_lost) or said then d.host_rule else p.host_rule end as host_rule,
            if(stronger_before, p.match_class, d.match_class) as match_class,
            if(stronger_before, p.match_weight, d.match_weight) as match_weight,
            if(stronger_before, p.match_probability, d.match_probability) as match_probability,
            if(stronger_before, p.match_reason, d.match_reason) as match_reason
        ),
        -- Who stands on files that were carried forward alone was last seen when these came.
        coalesce(n.last_seen, $as_of::date) as last_seen
    from ledger_draft d
    left join seen_on n on n.person_key = d.person_key
    left join kept_codes k on k.person_key = d.person_key
    left join previous_ledger p on p.person_key = d.person_key
    left join lateral (
        -- The street of a unit may be known from the rows of a source that did not come.
        select d.work_street is null and p.work_street is not null and exists (select 1 from sources_incomplete)
            as street_lost,
        d.host_rule is not null and d.person_key in (select person_key from hosts_said) as said,
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
