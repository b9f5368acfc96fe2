-- Relations for the evaluation of one published ledger against a truth folder.
-- ledger, review, truth_rows, truth_members are registered before; keys are (source, file, sheet or '', row). The truth
-- is of one night's files: evidence that landed on an earlier night stands in other files of the same names.
create table evidence as
select l.person_key, l.member_no, l.match_class as person_class, unnest(l.evidence, recursive := true)
from ledger l;

create table placed as
select e.*, t.person as truth_person, t.member_no as truth_member_no, t.linkable, t.shows
from evidence e
join truth_rows t on t.source = e.source and t.file = e.file and t.sheet = coalesce(e.sheet, '') and t.row = e.row
where e.landed_on = $as_of::date;

-- Whom a ledger row stands for: the person of its registry rows, else of its own rows; of whom no row landed this night,
-- the member of their number.
create table persons as
select person_key,
    coalesce(mode(truth_person) filter (where role in ('roll', 'transfer', 'floating')), mode(truth_person)) as person
from placed group by person_key
union all
select l.person_key, t.person from ledger l join truth_members t on t.member_no = l.member_no
where l.person_key not in (select person_key from placed);

create table links as
select p.source, p.file, coalesce(p.sheet, '') as sheet, p.row, p.match_class, p.truth_person, n.person,
    p.truth_person = n.person as is_right, p.shows, p.linkable, p.match_weight
from placed p join persons n using (person_key)
where p.role in ('worker', 'self_report') and p.match_class in ('exact', 'strong', 'confirmed');

-- Registry rows put together that belong to different people.
create table registry_mixed as
select person_key from placed where role in ('roll', 'transfer', 'floating')
group by person_key having count(distinct truth_person) > 1;

create table waiting as
select r.source, r.file, coalesce(r.sheet, '') as sheet, r.row,
    bool_or(coalesce(r.member_no = t.member_no, false) or (r.member_no is null and t.member_no is null)) as has_truth
from review r
join truth_rows t on t.source = r.source and t.file = r.file and t.sheet = coalesce(r.sheet, '') and t.row = r.row
group by 1, 2, 3, 4;

create table outcomes as
select t.*, l.person is not null as linked, coalesce(l.is_right, false) as linked_right,
    w.source is not null as in_review, coalesce(w.has_truth, false) as in_review_right
from truth_rows t
left join links l on l.source = t.source and l.file = t.file and l.sheet = t.sheet and l.row = t.row
left join waiting w on w.source = t.source and w.file = t.file and w.sheet = t.sheet and w.row = t.row
where t.linkable is not null
  and t.source not in ('party_members', 'party_transfers', 'floating_members', 'party_organisations');

create table found_statuses as
select p.person, min(l.primary_status) as primary_status, list_distinct(flatten(list(l.statuses))) as statuses
from ledger l join persons p using (person_key) group by p.person;

create table status_pairs as
select coalesce(t.person, f.person) as person, coalesce(t.statuses, []) as truth, coalesce(f.statuses, []) as found,
    f.primary_status
from (select person, list_distinct(flatten(list(statuses))) as statuses from truth_members
      where len(statuses) > 0 group by person) t
full join found_statuses f using (person);

-- Pairs with a weight: what was linked, and what waits. Judged ones without a weight are left out, and so are true pairs
-- of rows that show too little to be called linkable: recall is of linkable rows.
create table weighed as
with pairs as (
    select match_weight as bits, 1 / (1 + pow(2, -match_weight)) as probability, coalesce(is_right, false) as is_true,
        coalesce(linkable, false) as linkable
    from links
    union all
    select r.match_weight, r.match_probability,
        coalesce(r.member_no = t.member_no, false) or (r.member_no is null and t.member_no is null),
        coalesce(t.linkable, false)
    from review r
    join truth_rows t
        on t.source = r.source and t.file = r.file and t.sheet = coalesce(r.sheet, '') and t.row = r.row
)
select * from pairs where bits is not null and (linkable or not is_true);
