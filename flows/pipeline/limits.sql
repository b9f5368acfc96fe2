-- One row per file with rows sent back, then one per source (file is null).
with read as (
    select source, file, sum(rows_in) as rows_in from stage_files where state = 'read' group by source, file
),
sent_back as (
    select source, file, count(*) as sent_back from quarantine where rule <> 'no_consent' group by source, file
)
select read.source, read.file, sum(read.rows_in) as rows_in, sum(sent_back.sent_back) as sent_back
from read
left join sent_back on read.source = sent_back.source and read.file = sent_back.file
group by grouping sets ((read.source, read.file), (read.source))
having sum(sent_back.sent_back) > 0
order by read.source, read.file nulls last
