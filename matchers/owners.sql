-- Phones of a pair and how many people stand behind them: worker names seen with the number, registry persons owning it.
create or replace table pair_numbers as
select distinct v.left_id, v.right_id, a.phone_head_tail
from scored v
join left_phones a on a.id = v.left_id
join right_phones b on b.id = v.right_id and b.phone_head_tail = a.phone_head_tail
where v.levels.phone in ('full', 'head3_tail4');

create or replace table phone_owners as
with numbers as (select distinct phone_head_tail from pair_numbers),
owned as (
    select p.phone_head_tail, n.name_key, null as person
    from numbers join left_phones p using (phone_head_tail) join left_rows n using (id)
    where n.name_kind = 'full'
    union all
    select p.phone_head_tail, null, p.id from numbers join right_phones p using (phone_head_tail)
)
select phone_head_tail, count(distinct name_key) as worker_names, count(distinct person) as registry_persons
from owned group by phone_head_tail;

create or replace table pair_owners as
select left_id, right_id, max(worker_names) as worker_names, max(registry_persons) as registry_persons
from pair_numbers join phone_owners using (phone_head_tail)
group by left_id, right_id;

-- Rows tied to one person by ID whose phone is another registry person's (a rented account, or a family's phone).
create or replace table phone_of_another as
select distinct v.left_id, v.right_id
from scored v
join left_phones a on a.id = v.left_id and a.whole
join right_phones b on b.phone = a.phone and b.id <> v.right_id
where v.levels.phone not in ('full', 'head3_tail4') and v.levels.id_number in ('full', 'head6_tail4', 'first15');
