create or replace temp table entries as
-- One row per token of a worker: rows that share a key are one person's.
with owned as (
    select k.*, coalesce(r.person, k.row_keys[1]) as person
    from kept_keys k left join roots r on r.row_id = k.row_keys[1]
), ranked as (
    select *, row_number() over (partition by person order by
        list_position(['i', 'h', 'e', 'p'], rule), message) as place
    from owned
)
select person, rule, message, row_keys,
    if(rule = 'i',
        if(name is null, ['m=' || mask, null, null], ['f=' || fold, 'w=' || swap, 'n=' || name]),
        ['n=' || name, if(crowded, null, 's=' || sound), null]) as name,
    ['x=' || coalesce(sex, '?')] as sex,
    ['b=' || coalesce(birth, '?')] as birth,
    ['q=' || coalesce(phone, '?')] as phone,
    ['d=' || coalesce(pattern, '?')] as id_number
from ranked where place <= $most;
insert into left_out by name
select '一人超过上限的特征' as cause, (select count(*) from kept_keys) - (select count(*) from entries) as keys;
create or replace temp table persons_sent as
-- One row per worker with a token and row of theirs.
select distinct person, unnest(row_keys) as row_id from entries;
alter table entries drop column row_keys;
