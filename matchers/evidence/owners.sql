-- Values of a pair that one person has to themselves (a phone number) and how many stand behind each.
-- {value}, {whole}: lists of such values of a row; {names}: the name a left row bears; {sharing}, {held}: levels.
create or replace table pair_values as
select distinct la, ra, unnest(list_intersect({value_l}, {value_r})) as value
from scored s join l on l.seq = s.la join r on r.seq = s.ra
where {sharing};

create or replace table value_owners as
with values_shown as (select distinct value from pair_values),
owned as (
    select value, name, null as person
    from (select unnest({value}) as value, {names} as name from l where {named}) join values_shown using (value)
    union all
    select value, null, seq from (select unnest({value}) as value, seq from r) join values_shown using (value)
)
select value, count(distinct name) as names, count(distinct person) as persons from owned group by value;

create or replace table pair_owners as
select la, ra, max(names) as names, max(persons) as persons
from pair_values join value_owners using (value) group by la, ra;

-- Rows tied to their holder by ID whose value is another person's (a rented account, or a family's phone).
create or replace table value_of_another as
with held as (select la, ra from scored s where not ({sharing}) and {held}),
shown as (select la, ra, unnest({whole_l}) as value from held h join l on l.seq = h.la)
select distinct s.la, s.ra
from shown s join (select unnest({whole}) as value, seq from r) o on o.value = s.value and o.seq <> s.ra;
