-- One row per candidate pair with the level of every comparison. Digits are packed four bits a place.
create or replace macro differing(a, b, masks) as
    bit_count(((xor(a, b) & masks) | ((xor(a, b) & masks) >> 1) | ((xor(a, b) & masks) >> 2) | ((xor(a, b) & masks) >> 3))
        & 1229782938247303441::ubigint);

create or replace table pair_phones as
select c.left_id, c.right_id,
    max(case
        when a.phone = b.phone and a.whole then 5
        when a.mask = 0 or b.mask = 0 then 1
        when differing(a.digits, b.digits, a.mask & b.mask) > 0 then 1
        when a.phone_head_tail = b.phone_head_tail then 4
        when (a.mask & b.mask) >> 28 = 65535 then 3
        when a.mask & b.mask = 0 then 0
        else 2
    end) as rank
from candidates c
join left_phones a on a.id = c.left_id
join right_phones b on b.id = c.right_id
group by all;

create or replace table levels as
with seen as (
    select
        c.left_id, c.right_id,
        l.id_head_mask & r.id_head_mask as head_mask,
        l.id_tail_mask & r.id_tail_mask as tail_mask,
        differing(l.id_head, r.id_head, head_mask) + differing(l.id_tail, r.id_tail, tail_mask) as id_other,
        (bit_count(head_mask) + bit_count(tail_mask)) // 4 as id_both
    from candidates c
    join left_rows l on l.id = c.left_id
    join right_rows r on r.id = c.right_id
)
select
    c.left_id, c.right_id, c.blocking_rules,
    case
        when l.name_kind is null or r.name_kind is null then 'null'
        when l.name_kind = 'full' and r.name_kind = 'full' then case
            when l.name = r.name then 'exact'
            when l.name_key = r.name_key then 'simplified'
            when l.name_sound = r.name_sound then 'sound'
            when l.name_swap = r.name_swap and length(l.name_key) = length(r.name_key) then 'swapped'
            when l.name_fold = r.name_fold then 'near_sound'
            when substr(l.name_key, 1, 1) <> substr(r.name_key, 1, 1) or length(l.name_key) <> length(r.name_key)
                or length(l.name_key) not between 3 and 6 then 'different'
            when {name_other} = 1 then 'one_character'
            else 'different' end
        when coalesce(r.name_key like l.name_like, l.name_key like r.name_like)
            then case when 'masked' in (l.name_kind, r.name_kind) then 'masked' else 'placeholder' end
        else 'different'
    end as name,
    case
        when id_both = 0 then 'null'
        when l.id_full = r.id_full then 'full'
        when id_other = 0 and l.id_first15 is not null and r.id_first15 is not null then 'first15'
        when id_other = 0 and l.id_head_tail is not null and r.id_head_tail is not null then 'head6_tail4'
        when id_other = 0 and l.id_tail_seen and r.id_tail_seen then 'tail4'
        when id_other = 0 then 'partial'
        when id_both >= 15 and 'invalid' in (l.id_kind, r.id_kind) and (
            id_other = 1 or (id_other = 2 and damerau_levenshtein(l.id_number, r.id_number) = 1)) then 'one_digit'
        else 'conflict'
    end as id_number,
    case coalesce(p.rank, 0)
        when 5 then 'full' when 4 then 'head3_tail4' when 3 then 'tail4' when 2 then 'partial' when 1 then 'conflict'
        else 'null'
    end as phone,
    case
        when l.birth is null or r.birth is null or (l.birth_from_id and r.birth_from_id) then 'null'
        when l.birth = r.birth and length(l.birth) = 8 then 'full'
        when length(l.birth) = 8 and length(r.birth) = 8
            and substr(l.birth, 1, 4) || substr(l.birth, 7, 2) || substr(l.birth, 5, 2) = r.birth then 'swapped'
        when not starts_with(l.birth, r.birth) and not starts_with(r.birth, l.birth) then 'conflict'
        when least(length(l.birth), length(r.birth)) >= 6 then 'year_month'
        else 'year'
    end as birth_date,
    case
        when l.sex_compared is null or r.sex_compared is null
            or (l.id_full is not null and r.id_full is not null) then 'null'
        when l.sex_compared = r.sex_compared then 'same' else 'conflict'
    end as sex,
    head_mask, tail_mask
from candidates c
join seen using (left_id, right_id)
join left_rows l on l.id = c.left_id
join right_rows r on r.id = c.right_id
left join pair_phones p on p.left_id = c.left_id and p.right_id = c.right_id;
