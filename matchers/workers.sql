-- One row per worker row without a link and the one registry person a row of the same worker is surely linked to.
-- Same worker: one full ID, or full name and full phone; nothing both rows show may differ. 
-- Parameter: shared_names; {opposed_…}: the two rows are at a level that speaks against one person.
with numbers as (
    -- a mobile number: eleven places shown, of which the first is a 1
    select id as row_id, phone.t as phone, name_key
    from (select id, name_key, name_kind, unnest(phone_all) as phone from l)
    where name_kind = 1 and phone.m = 17592186044415 and phone.d & 15 = 1
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
    select a.row_id, a.right_id, other.id
    from anchors a
    join l mine on mine.id = a.row_id
    join l other on other.id_number_head = mine.id_number_head and other.id_number_tail = mine.id_number_tail
        and other.name_key = mine.name_key
    where mine.name_kind = 1 and other.name_kind = 1 and mine.id_number_kind = 1 and other.id_number_kind = 1
),
agreeing as (
    select t.row_id, t.right_id
    from tied t
    join l on l.id = t.anchor
    join r on r.id = t.row_id
    anti join linked on linked.row_id = t.row_id
    where not ({opposed_id_number}) and not ({opposed_birth_date}) and not ({opposed_sex})
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
