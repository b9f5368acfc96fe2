-- One row per spelling of a name.
select distinct name from side where name is not null order by name
