create table held as
select
    r.*, b.bits,
    list_distinct(list_filter([r.left_masked.street, r.right_masked.street], street -> street is not null)) as streets,
    (coalesce(n.rows, 0) + count(*) over (partition by r.source, r.file, r.sheet, r.row)
        + if(r.member_no is null, 0, count(*) over (partition by r.member_no)) - 1)::integer as hanging,
    greatest(
        1 - abs(2 * coalesce(r.match_probability, 0) - 1),
        case r.doubt when 'two_candidates' then 0.8 when 'conflict' then 0.6 when 'weak_evidence' then 0.5
            when 'masked_only' then 0.4 else 0.3 end
    ) as uncertainty
from review r
left join (select member_no, sum(len(evidence)) as rows from ledger where member_no is not null group by 1) n
    using (member_no)
left join night_bits b on b.source = r.source and b.file = r.file and b.sheet is not distinct from r.sheet
    and b.row = r.row and b.member_no is not distinct from r.member_no
;
create table pairs as
select *, row_number() over (order by uncertainty * (1 + ln(1 + hanging)) desc, pair_id) as place from held
order by place
;
create table standings (pair_id varchar, state varchar, names varchar[], words varchar[], unsure varchar[])
