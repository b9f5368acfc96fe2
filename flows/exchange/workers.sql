create or replace temp table shown as
-- One row per worker row, with the parts of its ID and name that it shows.
select s.row_id, s.sex, s.birth_date as birth, s.phones, n.name_key as name, n.name_sound as sound, n.name_fold as fold,
    n.name_swap as swap, n.name_kind as kind, s.id_kind, s.id_number as id,
    coalesce(s.id_kind = 'full', false) as whole,
    coalesce(length(s.id_number) = 18 and s.id_kind <> 'invalid', false) as readable
from side s join names n using (name)
where n.name_kind in ('full', 'masked') and length(n.name_key) >= 2;
create or replace temp table numbers as
-- One row per worker row and phone that shows 3+4.
select row_id, fold, phone, phone[:3] || phone[-4:] as ends, not contains(phone, '*') as whole
from (select row_id, fold, unnest(phones) as phone from shown where kind = 'full')
where regexp_full_match(phone, '1\d\d[\d*]{4}\d{4}');
create or replace temp table offices as
-- One row per phone on rows of many names.
select ends from numbers group by ends having count(distinct fold) >= $most_names;
create or replace temp table shared_phones as
-- One row per phone on rows of more than one name.
select ends from numbers group by ends having count(distinct fold) > 1;
create or replace temp table row_keys as
-- One row per worker row and key of theirs, with what else the row shows.
with found as (
    select row_id, 'i' as rule, 'i|' || id as message, null::varchar as phone, false as crowded
    from shown where whole
    union all
    select row_id, 'h', 'h|' || substr(id, 1, 6) || substr(id, 15) || '|' || fold, null, false
    from shown where kind = 'full' and readable and not whole
        and not contains(substr(id, 1, 6) || substr(id, 15), '*')
    union all
    select row_id, 'e', 'e|' || substr(id, 1, 15) || '|' || fold, null, false
    from shown where kind = 'full' and readable and not whole
        and not contains(substr(id, 1, 15), '*') and contains(substr(id, 16), '*')
    union all
    select row_id, 'p', 'p|' || ends || '|' || fold, if(whole, phone, null), ends in (select ends from shared_phones)
    from numbers where ends not in (select ends from offices)
)
select f.row_id, f.rule, f.message, f.crowded, if(s.kind = 'full', s.name, null) as name, if(s.kind = 'full', s.sound, null) as sound,
    if(s.kind = 'full', s.fold, null) as fold, if(s.kind = 'full', s.swap, null) as swap,
    if(s.kind = 'masked', s.name, null) as mask,
    case when f.rule <> 'i' then s.sex end as sex,
    case when f.rule <> 'i' and not (s.readable and not contains(substr(s.id, 7, 8), '*')) then s.birth end as birth,
    f.phone,
    case when f.rule <> 'i' then s.id end as pattern
from found f join shown s using (row_id);
create or replace temp table kept_keys as
-- One row per key, where the rows that share it do not contradict each other: what they show together.
select rule, message, list(distinct row_id order by row_id) as row_keys, bool_or(crowded) as crowded,
    max(name) as name, max(sound) as sound, max(fold) as fold, max(swap) as swap, max(mask) as mask, max(sex) as sex,
    max(birth) as birth, max(phone) as phone,
    max_by(pattern, (length(replace(pattern, '*', '')), pattern)) as pattern, list(distinct pattern) filter (pattern is not null) as patterns
from row_keys
group by rule, message
having count(distinct name) <= 1 and count(distinct sex) <= 1 and count(distinct birth) <= 1
    and count(distinct phone) <= 1
    and coalesce(list_bool_and(list_transform(patterns, one -> pattern like replace(one, '*', '_'))), true);
create or replace temp table left_out as
-- One row per cause why keys of workers have no token.
select '几行互相矛盾、可能不是一人的从业人员特征' as cause,
    (select count(distinct message) from row_keys) - (select count(*) from kept_keys) as keys
union all by name
select '多个姓名共用的手机（单位电话）' as cause, (select count(*) from offices) as keys;
