create or replace table review_pairs as
select d.left_id as left_key, r.registry_id, r.roll_row_key, d.right_id, 'person' as side, d.doubt, d.match_weight,
    d.match_probability, d.blocking_rules, d.levels, d.reason
from decided d join registry_persons r on r.registry_id = d.right_id
where d.decision = 'review'
union all by name
select left_row_key as left_key, right_row_key as right_id, 'row' as side, doubt, reason, []::varchar[] as blocking_rules
from registry_doubts
;
create or replace table review_sides as
with ids as (
    select distinct left_key as id, 'row' as side from review_pairs
    union select distinct right_id, side from review_pairs
)
select i.id, i.side, p.name, p.id_number, p.id_kind, p.phones, p.source, p.record_id, p.member_no, p.birth_date
from ids i join person_rows p on p.row_key = i.id where i.side = 'row'
union all by name
select i.id, i.side, r.name, r.id_number, r.id_kind, r.phones, 'registry' as source, r.member_no, r.birth_date
from ids i join registry_persons r on r.registry_id = i.id where i.side = 'person'
