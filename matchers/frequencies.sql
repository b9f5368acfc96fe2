-- How many other people could bear a value: registry persons besides the one at hand, blended with the population's
-- chance while the registry is small. {name_chances}: rows (kind, chance) of the model.
create or replace table name_shares as
with bearers as (
    select name_key, name_sound, name_fold, name_swap, name_head from right_rows where name_kind = 'full'
),
people as (select count(*) as n from bearers),
counted as (
    select kind, value, count(*) as n
    from (unpivot bearers on name_key, name_sound, name_fold, name_swap, name_head into name kind value value)
    group by kind, value
)
select c.kind, c.value, (c.n - 1 + {pseudo_people} * m.chance) / (p.n + {pseudo_people}) as share
from counted c cross join people p join (values {name_chances}) m(kind, chance) on m.kind = c.kind;

create or replace table phone_shares as
with people as (select greatest(count(*), 1) as n from right_rows)
select 'phone' as kind, phone as value, (count(*) - 1 + {others_on_phone}) / any_value(n) as share
from right_phones, people where whole group by phone
union all
select 'phone_head_tail', phone_head_tail, (count(*) - 1 + {others_on_phone}) / any_value(n) + {head_tail_chance}
from right_phones, people where phone_head_tail is not null group by phone_head_tail;

-- Region, year and tail of IDs on the right side; unseen values share what is left.
create or replace table id_shares as
with ids as (select id_number from right_rows where id_kind = 'full'),
n as (select count(*) + 50 as n from ids)
select 'region' as kind, substr(id_number, 1, 6) as value, count(*) / any_value(n) as share from ids, n group by 2
union all
select 'province', substr(id_number, 1, 2), count(*) / any_value(n) from ids, n group by 2
union all
select 'city', substr(id_number, 1, 4), count(*) / any_value(n) from ids, n group by 2
union all
select 'year', substr(id_number, 7, 4), (count(*) + 1) / any_value(n) from ids, n group by 2;
