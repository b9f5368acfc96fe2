-- One row per worker row without a link, a row of the same worker that is surely linked (anchor), and the registry person.
-- Same worker: one full ID, or full name and full phone. Parameter: shared_names.
with numbers_of_few as (
    select phone from numbers group by phone having count(distinct name_key) < $shared_names
),
anchors as (
    select left_id as row_id, right_id from decided where decision = 'link' and match_class in ('exact', 'confirmed')
),
linked as (
    select distinct left_id as row_id from decided where decision = 'link'
),
of_one_worker as (
    select a.row_id as anchor, a.right_id, other.row_id
    from anchors a
    join numbers mine using (row_id)
    join numbers_of_few using (phone)
    join numbers other on other.phone = mine.phone and other.name_key = mine.name_key
    union
    select a.row_id, a.right_id, other.row_id
    from anchors a
    join full_ids mine using (row_id)
    join full_ids other on other.id_number_head = mine.id_number_head and other.id_number_tail = mine.id_number_tail
        and other.name_key = mine.name_key
)
select anchor, right_id, row_id from of_one_worker anti join linked using (row_id)
