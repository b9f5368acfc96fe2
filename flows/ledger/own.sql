create or replace table roll_street as
-- One row per person with the street that their roll entry says they live in.
select r.person_id, coalesce(
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_street, ''), n.street)),
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_address, ''), n.street))
) as street
from roll_of r join street_names n
    on contains(coalesce(r.home_street, '') || ' ' || coalesce(r.home_address, ''), n.street)
group by r.person_id
