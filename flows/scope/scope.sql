-- One row per source and reason: rows and people (by full ID, else by name and telephones) outside the scope.
create or replace table outside_scope as
select w.source, coalesce(t.outside, 'contact_only') as reason, count(*) as "rows",
    count(distinct case when w.id_kind = 'full' then w.id_number else concat(w.name, array_to_string(w.phones, ','), if(len(w.phones) = 0, w.row_key::varchar, '')) end) as people
from named_rows w left join row_trades t using (row_key)
where t.outside is not null or list_contains($lending::varchar[], w.source)
group by all order by all
;
-- One row per file and trade: rows in the scope, and how many of them other words of the row speak against.
create or replace table trades_of_files as
select w.source, w.file, t.grp, count(*) as "rows", count(t.against) as against,
    mode(t.against order by t.against) as against_grp,
    count(*) filter (t.evidence = 'default' and t.grp = $default_group) as unknown
from named_rows w join row_trades t using (row_key)
where t.outside is null
group by all order by all
