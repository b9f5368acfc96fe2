-- One row per person row and phone of one side; landlines keep only their text and agree when equal.
create or replace table {side}_phones as
select distinct
    p.id, p.phone, k.digits, k.mask,
    case when length(p.phone) = 11 and substr(p.phone, 1, 3) not like '%*%' and substr(p.phone, 8, 4) not like '%*%'
         then substr(p.phone, 1, 3) || substr(p.phone, 8, 4) end as phone_head_tail,
    p.phone not like '%*%' as whole
from (select row_id as id, unnest(phones) as phone from {side}_input) p
join {side}_packed k using (phone);
