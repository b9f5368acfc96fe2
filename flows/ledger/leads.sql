create or replace table evidence_now as
-- One row per person with the records their row rests on, organisations apart.
select person_key, list_sort(list_distinct(list_transform(list_filter(evidence, piece -> piece.role <> 'organisation'), piece ->
    piece.role || '|' || piece.source || '|' || coalesce(piece.record_id, '')))) as pieces
from ledger_joined
;
create or replace table reopened as
-- One row per lead found unfounded whose person has records tonight that the checker did not have: the new ones.
select s.person_key, s.code, list_filter(e.pieces, piece -> not list_contains(s.basis, piece)) as news
from lead_states s join evidence_now e using (person_key)
where s.state = $excluded_state and s.basis is not null
    and len(list_filter(e.pieces, piece -> not list_contains(s.basis, piece))) > 0
;
create or replace table leads_before as
-- One row per lead of the last ledger, under the key its person bears tonight: of two open ones of people who are one
-- tonight it is open since the first.
select
    coalesce(e.new_key, p.person_key) as person_key, l.code, l.state, l.checked_by, l.checked_on,
    if(l.closed_on is null, min(l.opened_on) filter (l.closed_on is null) over same, l.opened_on) as opened_on,
    l.closed_on, l.cause
from (select person_key, unnest(leads, recursive := true) from previous_ledger) l
join previous_ledger p on p.person_key = l.person_key
left join key_events e on e.old_key = p.person_key and e.event = 'merged'
window same as (partition by coalesce(e.new_key, p.person_key), l.code)
qualify row_number() over (partition by coalesce(e.new_key, p.person_key), l.code order by (e.new_key is not null), l.closed_on is not null, l.opened_on) = 1
;
create or replace table people_before as
-- Whose leads the last ledger told; under an objection it told none.
select person_key from previous_ledger where not objection
;
create or replace table leads_open as
-- One row per person and code they have tonight: the state of the lead, who checked it, since when it is open.
with codes as (
    select person_key, code, place
    from (select person_key, unnest(statuses) as code, generate_subscripts(statuses, 1) as place from ledger_joined)
    where code <> 'N0'
), placed as (
    select
        c.person_key, c.code, c.place, b.state as state_before, b.checked_on as checked_before, b.cause as cause_before,
        case when b.closed_on is null then b.opened_on end as opened_before,
        s.state, s.checked_by, s.checked_on, s.cause,
        -- What was said of an earlier time of the lead is history: it was closed then, or gone.
        case
            when s.state is null then false
            when b.closed_on is not null then (s.checked_by, s.checked_on) is distinct from (b.checked_by, b.checked_on)
                and s.checked_on >= b.closed_on
            when b.code is not null then b.checked_by is not null or b.opened_on is null or s.checked_on >= b.opened_on
            when c.person_key in (select person_key from people_before) then s.checked_on >= $as_of or s.state = $excluded_state
            else true
        end and r.code is null as counts
    from codes c
    left join leads_before b using (person_key, code)
    left join lead_states s on s.person_key = c.person_key and s.code = c.code
    left join reopened r on r.person_key = c.person_key and r.code = c.code
), stated as (
    select
        p.*, if(counts, p.state, $first_state) as state_now,
        -- The roll itself takes a confirmed member in, once their branch is the host's.
        case when not counts or p.state <> $confirmed_state or not list_contains($taken_in_codes::varchar[], p.code) then null
            when coalesce(j.home_org_code = j.host_org_code,
                j.home_org_code is null and j.host_org_code is null and j.home_org_name = j.host_org_name) then 'taken_in_by_roll'
            when p.person_key in (select person_key from registered_hosts) then 'taken_in_by_register' end as taken_in
    from placed p join ledger_joined j using (person_key)
)
select
    person_key, code, place, if(taken_in is null, state_now, $taken_in_state) as state,
    if(counts, checked_by, null) as checked_by,
    case when taken_in is not null then if(cause_before = taken_in, checked_before, $as_of::date)
        when counts then checked_on end as checked_on,
    coalesce(opened_before, $as_of::date) as opened_on, null::date as closed_on,
    coalesce(taken_in, if(counts, cause, null)) as cause
from stated
;
create or replace table leads_ended as
-- Leads whose code went tonight, though their person stays: the registers settled the matter, or its ground is gone.
with gone as (
    select
        b.person_key, b.code, b.opened_on, k.person_id, coalesce(s.state, b.state) as state,
        if(s.state is null, b.checked_by, s.checked_by) as checked_by, if(s.state is null, b.checked_on, s.checked_on) as checked_on
    from leads_before b
    join ledger_joined j using (person_key)
    left join person_keys k using (person_key)
    -- What was said since the last ledger counts, what was said before the lead was opened does not.
    left join lead_states s on s.person_key = b.person_key and s.code = b.code
        and (b.checked_by is not null or b.opened_on is null or s.checked_on >= b.opened_on)
    where b.closed_on is null and not list_contains(j.statuses, b.code)
        and b.person_key not in (select person_key from open_objections)
), known as (
    select
        g.*, f.on_roll, f.kind, f.stopped, f.lost, f.elsewhere, f.worker_rows, f.work_rows, f.has_letter,
        f.flagged_floating or f.registered_floating as floating,
        exists (select 1 from contradicted c where c.person_id = g.person_id) as torn,
        exists (select 1 from letters l where l.person_id = g.person_id and l.state = $received_state) as received,
        exists (select 1 from pending_letters l join lodged_letters using (row_key) where l.person_id = g.person_id) as lodged,
        exists (select 1 from person_work w where w.person_id = g.person_id and w.declared_member) as declares,
        (select any_value(x.cause) from leavers_settled x where x.person_key = g.person_key and x.code = g.code) as settled
    from gone g left join status_facts f using (person_id)
)
select
    person_key, code, state, checked_by, checked_on, opened_on,
    -- What ended it.
    case
        when settled is not null then settled
        when person_id is null then 'ground_gone'
        when torn and list_contains($accusing::varchar[], code) then 'rolls_contradict'
        when code = 'S1' then if(not stopped and on_roll, 'membership_restored', 'ground_gone')
        when code = 'P1' then case when received then 'letter_received' when lodged then 'letter_lodged' else 'letter_changed' end
        when code = 'L1' then if(not lost and on_roll, 'contact_restored', 'ground_gone')
        when code = 'Y1' then if(declares, 'declaration_corrected', 'declaration_gone')
        when code = 'P2' then case when on_roll and not elsewhere then 'moved_in' when floating then 'floating_registered'
            when has_letter then 'letter_issued' else 'ground_gone' end
        when code in ('F1', 'F2') then case when code = 'F2' and on_roll and not elsewhere then 'moved_in'
            when not floating then 'floating_ended' else 'ground_gone' end
        when code = 'W1' then if(worker_rows > 0, 'worker_row_found', 'job_changed')
        when code = 'D1' and kind <> 'declared' then 'on_roll'
        else 'ground_gone'
    end as cause
from known
;
create or replace table ledger_leads as
-- One row per person with their leads as a list: open ones by their codes, then those closed; the state of the first.
with kept as (
    select * from leads_open
    union all by name
    -- What was found unfounded is no matter to settle; every other one stays a while, closed, with its cause.
    select person_key, code, 100 as place, $closed_state as state, checked_by, checked_on, opened_on,
        $as_of::date as closed_on, cause
    from leads_ended where state <> $excluded_state
    union all by name
    select b.person_key, b.code, 101 as place, b.state, b.checked_by, b.checked_on, b.opened_on, b.closed_on, b.cause
    from leads_before b join ledger_joined j using (person_key)
    where b.closed_on is not null and not list_contains(j.statuses, b.code)
        and b.closed_on >= $as_of::date - if(b.checked_by is null, $ended_days, $closed_days)::integer
)
select
    person_key,
    list(struct_pack(code := code, state := state, checked_by := checked_by, checked_on := checked_on,
        opened_on := opened_on, closed_on := closed_on, cause := cause) order by place, closed_on desc, code) as leads,
    min_by(state, place) filter (place = 1) as lead_state
from kept group by person_key
