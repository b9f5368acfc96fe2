create or replace temp table people as
-- One row per member who has tokens: on the roll, a full ID that nobody else of the registry has, a full name.
select s.row_id as person, s.id_number as id, s.phones, n.name_key as name, n.name_sound as sound, n.name_fold as fold,
    n.name_swap as swap, n.name_head as head, if(substr(s.id_number, 17, 1)::int % 2 = 1, 'male', 'female') as sex,
    substr(s.id_number, 7, 4) || '-' || substr(s.id_number, 11, 2) || '-' || substr(s.id_number, 13, 2) as birth
from side s join names n using (name)
where s.on_roll and s.id_kind = 'full' and n.name_kind = 'full' and length(n.name_key) >= 2
    and s.id_number in (select id_number from side where id_kind = 'full' group by id_number having count(*) = 1)
order by person;
create or replace temp table left_out as
-- One row per cause why members or keys of theirs have no token.
select '没有完整身份证号、没有完整姓名，或号码重复的党员' as cause,
    (select count(*) from side where on_roll) - (select count(*) from people) as keys;
create or replace temp table keys as
-- One row per key of a member, whether its pattern is worth a link, and with a name that only sounds alike.
select person, 'i' as rule, 'i|' || id as message, null::varchar as phone, true as worth, true as by_sound from people
union all
select person, 'h', 'h|' || substr(id, 1, 6) || substr(id, 15) || '|' || fold, null,
    (person, '6+4') in (select (row_id, pattern) from strong),
    (person, '6+4 sound') in (select (row_id, pattern) from strong) from people
union all
select person, 'e', 'e|' || substr(id, 1, 15) || '|' || fold, null,
    (person, '15+0') in (select (row_id, pattern) from strong), false from people
union all
select person, 'p', 'p|' || phone[:3] || phone[-4:] || '|' || fold, phone,
    (person, 'phone ' || phone) in (select (row_id, pattern) from strong),
    (person, 'phone ' || phone || ' sound') in (select (row_id, pattern) from strong)
from (select person, fold, unnest(phones) as phone from people) where regexp_full_match(phone, '1\d{10}');
insert into left_out by name
select '只凭这些还不够、在本区不止一人可能的党员特征' as cause, count(*) as keys from keys where not worth;
create or replace temp table entries as
-- One row per token of a member, the strongest first; a key that two members share has none.
with seen as (
    select person, m.head, m.tail, m.place,
        'd=' || substr(id, 1, m.head) || repeat('*', 18 - m.head - m.tail) || substr(id, 19 - m.tail, m.tail) as shown
    from people cross join masks m
), patterns as (
    select person, list(shown order by place) as any_mask,
        list(if(head >= 6 and tail >= 4, shown, null) order by place) as head_tail,
        list(if(head >= 15, shown, null) order by place) as first_15, list(null::varchar order by place) as none
    from seen group by person
), ranked as (
    select k.*, row_number() over (partition by person order by
        list_position(['i', 'h', 'e', 'p'], rule), message) as place
    from keys k where worth and message in (select message from keys group by message having count(distinct person) = 1)
)
select k.person, k.rule, k.message,
    if(k.rule = 'i',
        ['f=' || p.fold, 'w=' || p.swap, 'n=' || p.name, 'm=' || p.head || '*', 'm=' || p.head || '*' || p.name[-1:],
            'm=*' || substr(p.name, length(p.head) + 1)],
        ['n=' || p.name, if(k.by_sound, 's=' || p.sound, null), null, null, null, null]) as name,
    [if(k.rule = 'i', null, 'x=' || p.sex), 'x=?'] as sex,
    if(k.rule = 'i', [null, null, null, 'b=?'], ['b=' || p.birth, 'b=' || p.birth[:7], 'b=' || p.birth[:4], 'b=?']) as birth,
    ['q=' || k.phone, 'q=?'] as phone,
    list_append(case k.rule when 'p' then t.any_mask when 'h' then t.head_tail when 'e' then t.first_15 else t.none end,
        'd=?') as id_number
from ranked k join people p using (person) join patterns t using (person)
where k.place <= $most;
create or replace temp table persons_sent as
-- One row per member with a token.
select distinct person, person as row_id from entries;
