-- One row per row of a sheet that is marked in its returned copy: refused rows, and read rows with damage to mend.
with damaged as (
    select staged.source, staged.file, staged.sheet, staged.row, false as refused,
        string_agg(distinct staged.title || '：' || kinds.title, '；' order by staged.title || '：' || kinds.title)
            as reason
    from damaged_cells staged
    join damage_kinds kinds on kinds.repair = staged.repair
    group by all
), refused as (
    select source, file, sheet, row, true as refused, '未读取：' || reason as reason
    from quarantine where rule <> 'no_consent'
), headers as (
    select source, file, sheet, min(header_row) as header_row
    from stage_files where state = 'read' group by all
)
select m.source, m.file, m.sheet, m.row, m.refused, m.reason, h.header_row
from (select * from refused union all by name select * from damaged) m
join headers h on h.source = m.source and h.file = m.file and h.sheet is not distinct from m.sheet
order by m.source, m.file, m.sheet nulls first, m.row, m.refused desc
