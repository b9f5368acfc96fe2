create or replace table org_remits as
-- One row per organisation with whom it may take in: members of its units, of a trade, of a street or a community,
-- floating members, or nobody who has nothing to do with it (closed: an office, a school, a hospital, another firm).
with named as (
    select
        o.*, len(o.unit_texts) > 0 or exists (select 1 from org_units u where u.org_id = o.org_id) as has_units,
        list_bool_or(list_transform($closed_words::varchar[], word -> contains(o.org_name, word))) as is_closed,
        o.street is not null and contains(o.org_name, o.street)
            and not list_bool_or(list_transform($community_words::varchar[], word -> contains(o.org_name, word)))
            as names_street
    from orgs o
)
select
    org_id,
    case
        when a.remit is not null then a.remit
        when org_kind = $committee_kind then 'committee'
        when org_kind = $floating_kind then 'floating'
        when list_contains($shared_kinds::varchar[], org_kind) then 'joint'
        when has_units then 'unit'
        when contains(org_name, '行业') or (trade is not null and not is_closed) then 'trade'
        when is_closed then 'closed'
        when names_street and list_contains($street_kinds::varchar[], org_kind) and org_kind <> '党支部' then 'street'
        when list_bool_or(list_transform($community_words::varchar[], word -> contains(org_name, word))) then 'community'
        when names_street then 'street'
        -- A branch of whom nothing is told takes nobody in until a person has said whom.
        when org_kind is null or list_contains($trade_branch_kinds::varchar[], org_kind) then 'doubtful'
        else 'unknown'
    end as remit
from named left join remit_answers a using (org_id)
;
create or replace table host_seekers as
-- One row per person with what tells who should take them in: their present work, else what they last did.
select
    p.person_id, w.unit_keys, w.station_keys, w.grps, coalesce(s.work_street, o.street) as work_street,
    coalesce(s.home_street, h.street) as home_street,
    exists (select 1 from status_rows x where x.person_id = p.person_id and x.code in ('F1', 'F2')) as floating
from persons p
left join (
    select
        person_id, list_distinct(list(unit_key)) as unit_keys, list_distinct(list(station_key)) as station_keys,
        list_distinct(list(grp)) as grps
    from (
        select *, bool_or(works_now) over (partition by person_id) as works_somewhere from person_work
    ) where works_now or not works_somewhere group by person_id
) w using (person_id)
left join work_summary s on s.person_id = p.person_id
left join roll_street h on h.person_id = p.person_id
left join (
    -- Who is known by the roll's own 工作单位 alone works where the register of units has it.
    select r.person_id, min(coalesce(x.street, y.street)) as street
    from roll_of r join roll_units u on u.row_key = r.roll_row_key
    left join units x on x.unit_key = u.station_key left join units y on y.unit_key = u.unit_key group by r.person_id
) o on o.person_id = p.person_id and p.kind = 'own_job'
;
create or replace table seeker_units as
-- One row per person and unit or station they work in, their own 工作单位 where no row says one.
select person_id, unnest(unit_keys) as unit_key, null::varchar as station_key from host_seekers
union
select person_id, null, unnest(station_keys) from host_seekers
union
select p.person_id, u.unit_key, u.station_key
from persons p join roll_of r using (person_id) join roll_units u on u.row_key = r.roll_row_key
where p.kind = 'own_job'
;
create or replace table seeker_groups as
-- One row per person and occupation group they work in.
select person_id, unnest(grps) as grp from host_seekers
union
select p.person_id, g.grp from persons p join roll_of r using (person_id) join own_trades g
    on g.row_key = r.roll_row_key
where p.kind = 'own_job'
;
create or replace table org_words as
-- One row per organisation of a trade and occupation group: joint and floating ones, and branches that say 行业.
select o.org_id, w.grp
from orgs o join org_remits m using (org_id)
join trade_words w on contains(coalesce(o.trade, ''), w.word) or (o.trade is null and contains(o.org_name, w.word))
where m.remit in ('joint', 'floating', 'trade') and list_contains($trade_branch_kinds::varchar[], o.org_kind)
group by all
union
select org_id, grp from remit_answers where remit = 'trade' and grp is not null
;
create or replace table org_trades as
-- One row per organisation and group whose people it takes in as such: a joint or floating branch that names its firms
-- takes in the people of those alone.
select w.* from org_words w join org_remits m using (org_id)
where m.remit = 'trade' or not exists (select 1 from org_units u where u.org_id = w.org_id)
;
create or replace table org_committees as
-- One row per industry committee and occupation group it is for.
select o.org_id, w.grp
from orgs o join committee_words w on contains(coalesce(o.trade, ''), w.word) or contains(o.org_name, w.word)
where o.org_kind = $committee_kind
group by all
;
create or replace table street_hosts as
-- One row per street with the one organisation that takes its people in (streets always have room): the street's own
-- committee; a community's branch only where the register has none for the street.
select
    o.street, min_by(o.org_id, (m.remit <> 'street', coalesce(list_position($street_kinds::varchar[], o.org_kind), 99), o.org_id))
        as org_id
from orgs o join org_remits m using (org_id)
where o.street is not null and m.remit in ('street', 'community')
group by o.street
;
create or replace table host_choices as
-- One row per person and organisation that could take them in, with the place of the rule in the order of domain.md.
with unit_orgs as (
    -- A unit's own branch before one it shares with others; its floating branch for floating members alone. The branch of
    -- an office or a school takes nobody in for platform work.
    select
        s.person_id, x.org_id, o.org_kind = $floating_kind as of_floating,
        min(case when s.station_key = x.station_key then 0 when x.station_key is null then 1 else 2 end
            + if(list_contains($shared_kinds::varchar[], o.org_kind), 3, 0)) as nearness
    from seeker_units s
    join org_units x on x.station_key = s.station_key or x.unit_key = s.unit_key
    join orgs o on o.org_id = x.org_id and list_contains($branch_kinds::varchar[], o.org_kind)
    join units u on u.unit_key = x.unit_key and not list_contains($public_kinds::varchar[], u.kind)
    join host_seekers h on h.person_id = s.person_id
    where o.org_kind <> $floating_kind or h.floating
    group by s.person_id, x.org_id, o.org_kind
), named as (
    select f.person_id, n.org_id from floats f join organisation_texts n on n.name = f.host_org and n.code is null
    where f.age = 1 and n.org_id is not null
    union
    select l.person_id, n.org_id from letters l join organisation_texts n on n.name = l.to_org and n.code is null
    where l.age = 1 and l.state = $received_state and n.org_id is not null
    union
    select h.person_id, h.org_id from homes h
    where h.org_id is not null and (
        (h.person_id, h.org_id) in (select (person_id, org_id) from unit_orgs)
        or (h.person_id, h.org_id) in (select (g.person_id, w.org_id) from seeker_groups g join org_words w using (grp)))
), floating_orgs as (
    select s.person_id, o.org_id, o.street, coalesce(bool_or(g.grp is not null), false) as of_trade,
        count(w.grp) > 0 as has_trade
    from host_seekers s
    join orgs o on o.org_kind = $floating_kind
    left join org_trades w on w.org_id = o.org_id
    left join seeker_groups g on g.person_id = s.person_id and g.grp = w.grp
    where s.floating and not exists (select 1 from org_units u where u.org_id = o.org_id)
    group by s.person_id, o.org_id, o.street
)
select person_id, org_id, 1 as place, 0 as nearness, 'named' as rule, null as grp from named
union
select person_id, org_id, 2, nearness, 'unit', null from unit_orgs where not of_floating
union
select person_id, org_id, 3, nearness - 9, 'floating', null from unit_orgs where of_floating
union
-- A floating branch of a street serves that street, one of a trade that trade, one of both only where both fit.
select f.person_id, f.org_id, 3, case when f.of_trade then 0 else 1 end, 'floating', null
from floating_orgs f join host_seekers s using (person_id)
where (f.of_trade and (f.street is null or f.street in (s.work_street, s.home_street)))
    or (not f.has_trade and f.street in (s.work_street, s.home_street))
union
select g.person_id, w.org_id, 4, 0, 'trade', g.grp
from seeker_groups g join org_trades w using (grp) join org_remits m on m.org_id = w.org_id
where m.remit in ('joint', 'trade')
union
select g.person_id, c.org_id, 5, 0, 'committee', g.grp from seeker_groups g join org_committees c using (grp)
union
select s.person_id, h.org_id, 6, 0, 'work_street', null from host_seekers s join street_hosts h on h.street = s.work_street
union
select s.person_id, h.org_id, 7, 0, 'home_street', null from host_seekers s join street_hosts h on h.street = s.home_street
;
create or replace table hosts_ranked as
-- One row per person and choice in the order they are tried.
select
    c.person_id, c.org_id, c.rule, c.grp,
    row_number() over (
        partition by c.person_id
        order by c.place, c.nearness, coalesce(o.street = s.work_street, false) desc,
            coalesce(o.street = s.home_street, false) desc, c.org_id, c.grp
    ) as rank,
    -- Committees and streets always have room, and so has the branch that has them already.
    list_contains($trade_branch_kinds::varchar[], o.org_kind) and c.rule in ('unit', 'floating', 'trade')
        and x.person_id is null as may_be_full,
    coalesce(o.full_members, 0) as full_members, x.person_id is null as is_new
from host_choices c join orgs o using (org_id) join host_seekers s on s.person_id = c.person_id
left join homes x on x.person_id = c.person_id and x.org_id = c.org_id and x.on_roll
;
create or replace table last_resort as
-- One row per organisation that may speak for those of whom neither street nor trade is known. `of_some`: it is for some
-- street or trade, which may not be theirs; before it goes what is for the whole district.
select o.org_id, m.remit <> 'unknown' as of_some, coalesce(list_position($street_kinds::varchar[], o.org_kind), 99) as place
from orgs o join org_remits m using (org_id) where m.remit not in ('closed', 'unit', 'doubtful', 'unsure')
