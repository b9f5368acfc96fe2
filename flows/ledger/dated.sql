create or replace table unchanged as
-- One row per person who stands as in the last version: in every column that dates a row anew, which the ledger's
-- contract names, and on the same rows of evidence.
select person_key
from (
    select
        columns(name -> name in $dating),
        list_sort(list_transform(evidence, piece -> piece.source || '|' || coalesce(piece.record_id, ''))) as records
    from previous_ledger
    intersect
    select
        columns(name -> name in $dating),
        list_sort(list_transform(evidence, piece -> piece.source || '|' || coalesce(piece.record_id, '')))
    from ledger_stated
)
;
create or replace table ledger as
-- One row per person of the ledger, since when they stand in it, and since when they stand there as they do.
with merged as (
    select e.new_key, min(q.first_seen) as first_seen
    from key_events e join previous_ledger q on q.person_key = e.old_key group by e.new_key
)
select
    s.* exclude (last_seen), coalesce(least(p.first_seen, m.first_seen), $as_of::date) as first_seen, s.last_seen,
    if(u.person_key is not null, p.changed_on, $as_of::date) as changed_on
from ledger_stated s
left join previous_ledger p on p.person_key = s.person_key
left join merged m on m.new_key = s.person_key
left join unchanged u on u.person_key = s.person_key
order by s.person_key
