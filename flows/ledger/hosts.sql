create or replace table host_seekers as
select
    p.person_id, w.unit_keys, w.usccs, w.grps, s.work_street,
    coalesce(s.home_street, h.street) as home_street,
    exists (select 1 from status_rows x where x.person_id = p.person_id and x.code in ('F1', 'F2')) as floating
from persons p
left join (
    select
        person_id, list_distinct(list_concat(list(unit_key), list(station_key))) as unit_keys,
        list_distinct(list(uscc)) as usccs, list_distinct(list(grp)) as grps
    from person_work group by person_id
) w using (person_id)
left join work_summary s on s.person_id = p.person_id
left join roll_street h on h.person_id = p.person_id
;
create or replace table seeker_groups as
select person_id, unnest(grps) as grp from host_seekers
union
select p.person_id, g.grp from persons p join roll_of r using (person_id) join own_trades g
    on g.row_key = r.roll_row_key
where p.kind = 'own_job'
;
create or replace table org_words as
select o.org_id, w.grp
from orgs o join trade_words w on contains(coalesce(o.trade, ''), w.word) or contains(o.org_name, w.word)
where list_contains($trade_branch_kinds::varchar[], o.org_kind)
    and (list_contains($shared_kinds::varchar[], o.org_kind)
        or (o.uscc is null and len(list_filter(o.unit_keys, unit -> unit is not null)) = 0))
group by all
;
create or replace table org_committees as
select o.org_id, w.grp
from orgs o join committee_words w on contains(coalesce(o.trade, ''), w.word) or contains(o.org_name, w.word)
where o.org_kind = $committee_kind
group by all
;
create or replace table host_choices as
with seeker_units as (
    select person_id, unnest(unit_keys) as unit_key from host_seekers
), org_units as (
    select org_id, unnest(unit_keys) as unit_key from orgs where list_contains($branch_kinds::varchar[], org_kind)
), seeker_codes as (
    select person_id, unnest(usccs) as uscc from host_seekers
)
select u.person_id, o.org_id, 1 as place, 'unit' as rule, null as grp
from seeker_units u join org_units o on o.unit_key = u.unit_key and o.unit_key is not null
union
select c.person_id, o.org_id, 1, 'unit', null
from seeker_codes c join orgs o on o.uscc = c.uscc and list_contains($branch_kinds::varchar[], o.org_kind)
union
select g.person_id, w.org_id, 2, 'trade', g.grp from seeker_groups g join org_words w using (grp)
union
select s.person_id, o.org_id, 2, 'trade', null
from host_seekers s join orgs o on o.org_kind = $floating_kind and o.street in (s.work_street, s.home_street)
where s.floating
union
select g.person_id, c.org_id, 3, 'committee', g.grp from seeker_groups g join org_committees c using (grp)
union
select s.person_id, o.org_id, 4, 'work_street', null
from host_seekers s join orgs o on o.street = s.work_street and list_contains($street_kinds::varchar[], o.org_kind)
union
select s.person_id, o.org_id, 5, 'home_street', null
from host_seekers s join orgs o on o.street = s.home_street and list_contains($street_kinds::varchar[], o.org_kind)
;
create or replace table hosts as
with last_resort as (
    select min_by(org_id, (coalesce(list_position($street_kinds::varchar[], org_kind), 99), org_id)) as org_id from orgs
), ranked as (
    select
        c.person_id, c.org_id, c.rule, c.grp,
        row_number() over (
            partition by c.person_id
            order by
                -- A branch that has no room comes after whatever else fits; committees and streets always have room.
                list_contains($trade_branch_kinds::varchar[], o.org_kind) and c.place <= 2
                    and coalesce(o.full_members, 0) >= $members_at_most::integer,
                c.place, coalesce(o.street = s.work_street, false) desc, coalesce(o.street = s.home_street, false) desc,
                case when c.place >= 4 then coalesce(list_position($street_kinds::varchar[], o.org_kind), 99) else 0 end,
                c.org_id, c.grp
        ) as rank
    from host_choices c join orgs o using (org_id) join host_seekers s on s.person_id = c.person_id
)
select p.person_id, coalesce(r.org_id, l.org_id) as org_id, coalesce(r.rule, 'last') as rule, r.grp
from persons p left join ranked r on r.person_id = p.person_id and r.rank = 1 cross join last_resort l
where coalesce(r.org_id, l.org_id) is not null
