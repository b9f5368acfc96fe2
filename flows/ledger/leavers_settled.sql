create or replace table leaver_rolls as
-- One row per roll entry of a person whom nothing ties to platform work tonight, found by ID or member number.
select
    l.person_key, l.registry_id, m.membership_state, coalesce(m.lost_contact, false) or coalesce(m.membership_state = '失联', false) as lost,
    m.branch_name, nullif(m.branch_code, '') as branch_code
from leavers l
join registry_persons r on r.registry_id = l.registry_id, unnest(r.row_keys) x(row_key)
join stage_party_members m on m.row_key = x.row_key
;
create or replace table leavers_settled as
-- One row per code that the registers settle of a person who is kept though not seen tonight: all their entries say so.
with rolled as (
    select
        e.person_key, bool_and(e.membership_state is not null and e.membership_state not in ('停止党籍', '失联')) as sound,
        bool_and(not e.lost) as in_touch, bool_and(b.org_id is not null) as here
    from leaver_rolls e
    left join leaver_branches b on b.name is not distinct from e.branch_name and b.code is not distinct from e.branch_code
    group by e.person_key
), received as (
    select distinct l.person_key
    from leavers l join registry_persons r on r.registry_id = l.registry_id, unnest(r.row_keys) x(row_key)
    join stage_party_transfers t on t.row_key = x.row_key
    where t.reception_state = $received_state
        or (t.received_on is not null and coalesce(t.reception_state, '') <> $returned_state)
)
select p.person_key, code, case code when 'L1' then 'contact_restored' when 'S1' then 'membership_restored'
    when 'P1' then 'letter_received' else 'moved_in' end as cause
from (select person_key, unnest(statuses) as code from previous_ledger) p
left join rolled e using (person_key)
where (code = 'L1' and e.in_touch) or (code = 'S1' and e.sound) or (code in ('P2', 'F2') and e.here)
    or (code = 'P1' and p.person_key in (select person_key from received))
