-- One row per worker row without a link and the one registry person a row of the same worker is surely linked to.
-- Same worker: one full ID, or full name and full phone; nothing both rows show may differ. Parameter: shared_names.
with numbers as (
    select row_id, phone, name_key
    from (select row_id, name_key, name_kind, unnest(phones) as phone from workers)
    where name_kind = 'full' and regexp_full_match(phone, '1\d{10}')
),
numbers_of_few as (
    select phone from numbers group by phone having count(distinct name_key) < $shared_names
),
anchors as (
    select left_id as row_id, right_id from decided where decision = 'link' and match_class in ('exact', 'confirmed')
),
linked as (
    select distinct left_id as row_id from decided where decision = 'link'
),
tied as (
    select a.row_id as anchor, a.right_id, other.row_id
    from anchors a
    join numbers mine using (row_id)
    join numbers_of_few using (phone)
    join numbers other on other.phone = mine.phone and other.name_key = mine.name_key
    union
    select a.row_id, a.right_id, other.row_id
    from anchors a
    join workers mine using (row_id)
    join workers other on other.id_full = mine.id_full and other.name_key = mine.name_key
    where mine.name_kind = 'full' and other.name_kind = 'full'
),
agreeing as (
    select t.row_id, t.right_id
    from tied t
    join workers a on a.row_id = t.anchor
    join workers b on b.row_id = t.row_id
    anti join linked on linked.row_id = t.row_id
    where xor(a.id_head, b.id_head) & a.id_head_mask & b.id_head_mask = 0
        and xor(a.id_tail, b.id_tail) & a.id_tail_mask & b.id_tail_mask = 0
        and coalesce(starts_with(a.birth, b.birth) or starts_with(b.birth, a.birth), true)
        and coalesce(a.sex_compared = b.sex_compared, true)
),
-- A row that waits for a person over somebody else stays where it is.
awaited as (
    select left_id as row_id, right_id from decided where decision = 'review'
)
select f.row_id as left_id, min(f.right_id) as right_id
from agreeing f
left join awaited w on w.row_id = f.row_id
group by f.row_id
having count(distinct f.right_id) = 1 and coalesce(bool_and(w.right_id = f.right_id), true)
order by left_id;
