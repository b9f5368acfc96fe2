create or replace table review_streets as
-- One row per roll row of a pair with the street it lives in, else that of its branch.
with asked_rows as materialized (
    -- Found first: the streets are looked for in these rows' addresses alone.
    select row_key, home_street, home_address, branch_code from stage_party_members
    where row_key in (
        select left_key from review_pairs union select right_id from review_pairs
        union select roll_row_key from review_pairs
    )
)
select r.row_key, coalesce(
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_street, ''), n.street)),
    min_by(n.street, (-length(n.street), n.street)) filter (contains(coalesce(r.home_address, ''), n.street)),
    min(o.street)
) as street
from asked_rows r
left join (select org_code, min(street) as street from orgs group by org_code) o on o.org_code = r.branch_code
left join street_names n on contains(coalesce(r.home_street, '') || ' ' || coalesce(r.home_address, ''), n.street)
group by r.row_key
;
-- One row per pair of `review_pairs`, masked; `known` where its answer is known beforehand.
create or replace table masked_pairs as
    select
        t.pair_id, p.known, d.source, f.clean as file, h.clean as sheet, d.row, n.clean as record_id,
        case when m.clean = g.member_no then g.member_no end as member_no,
        p.doubt, p.match_weight, p.match_probability, p.blocking_rules, p.levels, p.reason,
        struct_pack(name := l.name, id_number := l.id_number, phone := l.phone, unit := u.clean,
            street := coalesce(w.work_street, k.home_street, ls.street)) as left_masked,
        struct_pack(name := r.name, id_number := r.id_number, phone := r.phone, unit := ru.clean, street := rs.street)
            as right_masked
    from review_pairs p
    join pair_tokens t on t.left_key = p.left_key and t.right_id = p.right_id and t.side = p.side
    join ledger_rows d on d.row_key = p.left_key
    join masked_sides l on l.id = p.left_key and l.side = 'row'
    join masked_sides r on r.id = p.right_id and r.side = p.side
    left join placed_work k on k.row_key = p.left_key
    left join work_rows w on w.row_key = p.left_key
    left join clean_review u on u.text = k.unit_name
    -- The side stands in the key: as a condition beside it, it would make the join a nested loop.
    left join ledger_registry x on x.registry_id = case when p.side = 'person' then p.right_id end
    left join ledger_rows y on y.row_key = case when p.side = 'row' then p.right_id end
    left join stage_party_members s on s.row_key = coalesce(x.roll_row_key, p.right_id)
    left join clean_review ru on ru.text = s.unit_name
    left join review_streets ls on ls.row_key = p.left_key
    left join review_streets rs on rs.row_key = coalesce(x.roll_row_key, p.right_id)
    left join lateral (select coalesce(x.member_no, y.member_no) as member_no) g on true
    left join clean_files f on f.text = d.file
    left join clean_files h on h.text = d.sheet
    left join clean_numbers n on n.text = d.record_id
    left join clean_numbers m on m.text = g.member_no
;
create or replace table known_pairs as
-- One row per pair of known answer that is asked among the others.
select * exclude (known), $as_of::date as since, known as same from masked_pairs
where known is not null and pair_id not in (select pair_id from masked_pairs where known is null)
order by pair_id
;
create or replace table review as
-- One row per waiting pair as it is published: tonight's, and those of sources that did not come.
with tonight as (
    select * exclude (known) from masked_pairs where known is null
), one_each as (
    select *, row_number() over (partition by pair_id order by match_weight desc nulls last, source, file, sheet, row) as rank
    from tonight
), kept as (
    select q.* from previous_review q
    where q.source in (select source from sources_incomplete) and q.pair_id not in (select pair_id from tonight)
)
select o.* exclude (rank), coalesce(q.since, $as_of::date) as since
from one_each o left join previous_review q using (pair_id) where o.rank = 1
union all by name
select * from kept
order by pair_id
