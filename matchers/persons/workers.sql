-- One row per worker row without a link and the one registry person a row of the same worker is surely linked to.
-- agreeing: (anchor, row_id, right_id): rows of one worker whose parts do not differ.
with awaited as (
    -- A row that waits for a person over somebody else stays where it is.
    select left_id as row_id, right_id from decided where decision = 'review'
)
select f.row_id as left_id, min(f.right_id) as right_id
from agreeing f
left join awaited w on w.row_id = f.row_id
group by f.row_id
having count(distinct f.right_id) = 1 and coalesce(bool_and(w.right_id = f.right_id), true)
order by left_id;
