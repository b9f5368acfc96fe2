-- Names seen with a phone on the worker side, and registry persons that own it.
create or replace table phone_owners as
select
    phone_head_tail,
    count(distinct case when side = 'left' then name_key end) as worker_names,
    count(distinct case when side = 'right' then id end) as registry_persons
from (
    select 'left' as side, p.id, p.phone_head_tail, n.name_key
    from left_phones p join left_rows n using (id) where n.name_kind = 'full'
    union all
    select 'right', id, phone_head_tail, null from right_phones
)
where phone_head_tail is not null
group by phone_head_tail;

-- Phones of a pair and how many people stand behind them.
create or replace table pair_owners as
select v.left_id, v.right_id, max(o.worker_names) as worker_names, max(o.registry_persons) as registry_persons
from scored v
join left_phones a on a.id = v.left_id
join right_phones b on b.id = v.right_id and b.phone_head_tail = a.phone_head_tail
join phone_owners o on o.phone_head_tail = a.phone_head_tail
where v.levels.phone in ('full', 'head3_tail4')
group by all;

-- Rows tied to one person by ID whose phone is another registry person's (a rented account, or a family's phone).
create or replace table phone_of_another as
select distinct v.left_id, v.right_id
from scored v
join left_phones a on a.id = v.left_id and a.whole
join right_phones b on b.phone = a.phone and b.id <> v.right_id
where v.levels.phone not in ('full', 'head3_tail4') and v.levels.id_number in ('full', 'head6_tail4', 'first15');
