-- What the ledger may name of tonight's rows: few of many, so that each later statement reads these alone.
create or replace table ledger_registry as
-- One row per person of the registry who is one of tonight's persons, or stands in a pair that was decided or judged.
select * from registry_persons
where registry_id in (
    select registry_id from persons union select right_id from decided union select right_id from judged_pairs
)
;
create or replace table ledger_rows as
-- One row per row of a source that is one of these persons', or stands in a pair that was decided, judged or doubted.
select * from person_rows
where row_key in (
    select unnest(worker_row_keys) from persons
    union select unnest(row_keys) from ledger_registry
    union select left_id from decided
    union select left_id from judged_pairs
    union select left_row_key from registry_doubts
    union select right_row_key from registry_doubts
)
