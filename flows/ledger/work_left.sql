create or replace table left_rows as
-- One row per worker row of which a person's checker said that they do not work there any more: what the checker had
-- before them, unless it says of itself that the work began later.
select w.row_key
from lead_states s join person_keys k using (person_key) join person_work w on w.person_id = k.person_id
left join clean_numbers n on n.text = (select record_id from ledger_rows p where p.row_key = w.row_key)
where s.code = $person and s.answer = $not_working and w.role = 'worker'
    and list_contains(s.basis, w.role || '|' || w.source || '|' || coalesce(n.clean, ''))
    and coalesce(w.started_on <= s.checked_on, true)
;
update person_work set works_now = false where row_key in (select row_key from left_rows)
;
create or replace table work_summary as
-- One row per person with worker or self-report rows: how many, since when they work, where.
select
    person_id,
    count(*) filter (role = 'worker') as worker_rows,
    count(*) as work_rows,
    -- A licence that ran out is no evidence of work since it was given.
    min(started_on) filter (role = 'worker' and works_now and coalesce(valid_to >= $as_of, true)) as works_since,
    bool_or(role = 'worker' and works_now) as works_now,
    mode(work_street order by work_street) as work_street,
    mode(home_street order by home_street) as home_street,
    min(home_org) as home_org
from person_work group by person_id
;
