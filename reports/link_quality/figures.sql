-- Counts over the workspace's `person_rows`, `scored` and `decided`; no personal value leaves here.
create or replace temp view quality_levels as
-- One row per comparison and level: pairs that show it, and what it weighed.
select comparison, level, count(*) as pairs, count(*) filter (decision = 'link') as links,
    round(avg(bits), 2) as mean_bits, round(min(bits), 2) as least_bits, round(max(bits), 2) as most_bits
from (
    select d.decision, unnest([
        {'comparison': 'name', 'level': s.levels.name, 'bits': s.bits.name},
        {'comparison': 'id_number', 'level': s.levels.id_number, 'bits': s.bits.id_number},
        {'comparison': 'phone', 'level': s.levels.phone, 'bits': s.bits.phone},
        {'comparison': 'birth_date', 'level': s.levels.birth_date, 'bits': s.bits.birth_date},
        {'comparison': 'sex', 'level': s.levels.sex, 'bits': s.bits.sex}], recursive := true)
    from scored s join decided d using (left_id, right_id)
) group by all order by all;
create or replace temp view quality_bins as
-- One row per two bits of total weight and decision; the ends are open.
select least(greatest(floor(match_weight / 2) * 2, -14), 38)::integer as bin, decision, count(*) as pairs
from decided group by all order by all;
create or replace temp view quality_rules as
-- One row per blocking rule: pairs it found, links and doubts among them, links that no other rule found.
select rule, count(*) as pairs, count(*) filter (decision = 'link') as links,
    count(*) filter (decision = 'review') as reviews, count(*) filter (decision = 'link' and alone) as links_alone
from (select unnest(blocking_rules) as rule, decision, len(blocking_rules) = 1 as alone from decided)
group by rule order by rule;
create or replace temp view quality_tiers as
-- One row per rule that decided.
select decision, rule, count(*) as pairs from decided group by all order by all;
create or replace temp view quality_rows as
-- One row per source of workers: rows by what they still show, and how many were linked or wait.
with shown as (
    select p.row_key, p.source,
        length(p.name) >= 2 and not contains(p.name, '*') as full_name,
        coalesce(p.id_kind in ('full', 'excel15') or (p.id_number is not null and not contains(substr(p.id_number, 1, 6), '*')
            and not contains(substr(p.id_number, 15, 4), '*')), false)::integer
        + (len(list_filter(p.phones, phone -> regexp_full_match(phone, '1[0-9]{2}[0-9*]{4}[0-9]{4}'))) > 0)::integer as strong,
        p.birth_date is not null or (p.id_number is not null and not contains(substr(p.id_number, 15, 4), '*')) as weak
    from person_rows p where p.role in ('worker', 'self_report')
), went as (
    select left_id as row_key, bool_or(decision = 'link') as linked, bool_or(decision = 'review') as waits
    from decided group by left_id
)
select s.source, count(*) as rows, count(*) filter (full_name and strong > 0) as linkable,
    count(*) filter ((full_name and strong = 0 and weak) or (not full_name and strong > 1)) as by_person,
    count(*) filter (not ((full_name and (strong > 0 or weak)) or strong > 1)) as unlinkable,
    count(*) filter (w.linked) as linked, count(*) filter (w.waits and not w.linked) as waiting
from shown s left join went w using (row_key) group by s.source order by s.source;
