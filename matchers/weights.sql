create or replace table shared_phones as
select v.left_id, v.right_id, s.kind, max(s.share) as share
from levels v
join left_phones a on a.id = v.left_id
join right_phones b on b.id = v.right_id
join phone_shares s
    on (s.kind = 'phone' and a.whole and a.phone = b.phone and s.value = a.phone)
    or (s.kind = 'phone_head_tail' and a.phone_head_tail = b.phone_head_tail and s.value = a.phone_head_tail)
where v.phone in ('full', 'head3_tail4')
group by all;

-- One row per pair with the chance (u) of what it agrees on, where that is counted per value.
create or replace table chances as
select
    v.left_id, v.right_id,
    case when v.name in ('exact', 'simplified') then nk.share when v.name = 'sound' then ns.share
         when v.name = 'swapped' then nw.share when v.name = 'near_sound' then nf.share
         when v.name = 'masked' then nh.share end as name,
    case when v.id_number in ('full', 'first15', 'head6_tail4', 'tail4', 'partial') then {id_chance} end as id_number,
    case when v.phone = 'full' then pf.share when v.phone = 'head3_tail4' then ph.share end as phone
from levels v
join left_rows l on l.id = v.left_id
join right_rows r on r.id = v.right_id
left join name_shares nk on nk.kind = 'name_key' and nk.value = r.name_key
left join name_shares ns on ns.kind = 'name_sound' and ns.value = r.name_sound
left join name_shares nw on nw.kind = 'name_swap' and nw.value = r.name_swap
left join name_shares nf on nf.kind = 'name_fold' and nf.value = r.name_fold
left join name_shares nh on nh.kind = 'name_head' and nh.value = coalesce(l.name_head, r.name_head)
left join id_shares g6 on g6.kind = 'region' and g6.value = substr(r.id_number, 1, 6)
left join id_shares g4 on g4.kind = 'city' and g4.value = substr(r.id_number, 1, 4)
left join id_shares g2 on g2.kind = 'province' and g2.value = substr(r.id_number, 1, 2)
left join id_shares yr on yr.kind = 'year' and yr.value = substr(r.id_number, 7, 4)
left join shared_phones pf on pf.kind = 'phone' and pf.left_id = v.left_id and pf.right_id = v.right_id
left join shared_phones ph on ph.kind = 'phone_head_tail' and ph.left_id = v.left_id and ph.right_id = v.right_id;
