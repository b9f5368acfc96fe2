create or replace table roll_street as
select r.person_id, coalesce(
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_street, ''), n.street)),
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_address, ''), n.street))
) as street
from roll_of r join street_names n
    on contains(coalesce(r.home_street, '') || ' ' || coalesce(r.home_address, ''), n.street)
group by r.person_id
;
create or replace table own_groups as
select r.roll_row_key, coalesce(min_by(w.grp, (not contains(coalesce(r.job, ''), w.word), w.place)), $default_group) as grp
from roll_of r left join occupation_words w
    on contains(coalesce(r.job, ''), w.word) or contains(coalesce(r.unit_name, ''), w.word)
group by r.roll_row_key
