-- One row per pair with the chance (u) of what it agrees on, where that is counted per value.
-- id_masks: (head_mask, tail_mask) -> chance of the places shown, and how much of the region is shown (6, 4, 2, 1, 0).
create or replace table shared_phones as
select v.left_id, v.right_id, max(s.share) as share
from levels v
join left_phones a on a.id = v.left_id
join right_phones b on b.id = v.right_id and b.phone = a.phone
join phone_shares s on s.kind = 'phone' and s.value = a.phone
where v.phone = 'full' and a.whole
group by all
union all
select v.left_id, v.right_id, max(s.share)
from levels v
join left_phones a on a.id = v.left_id
join right_phones b on b.id = v.right_id and b.phone_head_tail = a.phone_head_tail
join phone_shares s on s.kind = 'phone_head_tail' and s.value = a.phone_head_tail
where v.phone = 'head3_tail4'
group by all;

create or replace table chances as
select
    v.left_id, v.right_id,
    n.share as name,
    case when v.id_number in ('full', 'first15', 'head6_tail4', 'tail4', 'partial') then m.chance * case m.region
        when 6 then coalesce(g6.share, 0.0005) when 4 then coalesce(g4.share, 0.001)
        when 2 then coalesce(g2.share, 0.01) when 1 then 0.2 else 1.0 end end as id_number,
    p.share as phone
from levels v
join left_rows l on l.id = v.left_id
join right_rows r on r.id = v.right_id
join id_masks m on m.head_mask = v.head_mask and m.tail_mask = v.tail_mask
left join name_shares n
    on n.kind = case v.name when 'exact' then 'name_key' when 'simplified' then 'name_key' when 'sound' then 'name_sound'
        when 'swapped' then 'name_swap' when 'near_sound' then 'name_fold' when 'masked' then 'name_head' end
    and n.value = case v.name when 'exact' then r.name_key when 'simplified' then r.name_key when 'sound' then r.name_sound
        when 'swapped' then r.name_swap when 'near_sound' then r.name_fold
        when 'masked' then coalesce(l.name_head, r.name_head) end
left join id_shares g6 on g6.kind = 'region' and g6.value = substr(r.id_number, 1, 6)
left join id_shares g4 on g4.kind = 'city' and g4.value = substr(r.id_number, 1, 4)
left join id_shares g2 on g2.kind = 'province' and g2.value = substr(r.id_number, 1, 2)
left join shared_phones p on p.left_id = v.left_id and p.right_id = v.right_id;
