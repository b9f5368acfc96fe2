-- Relations for what the ledger says of the people it found, against a truth folder; they stand upon evaluation.sql.
-- raw_rows, raw_members, raw_units, raw_hosts, raw_suggestions, raw_leads (truth), units, coverage, previous (published)
-- are registered before.

-- One row per person whose every linkable row of the night is linked, and no other: what is said of them is not the
-- matcher's doing.
create table complete as
with registry as (
    select r.person, r.resolved, p.person_key is not null as is_in
    from raw_rows r left join placed p
        on p.source = r.source and p.file = r.file and coalesce(p.sheet, '') = coalesce(r.sheet, '') and p.row = r.row
    where r.resolved is not null
), of_registry as (
    -- who is in the ledger at all, with another set of registry rows than can be tied to them
    select person, bool_and(resolved = is_in) or not bool_or(is_in) as is_complete from registry group by person
), of_work as (
    select person, bool_and(linkable = (linked and linked_right)) and not bool_or(in_review) as is_complete
    from outcomes group by person
)
select person, coalesce(w.is_complete, true) and coalesce(g.is_complete, true) as is_complete
from of_work w full join of_registry g using (person);

create table judged as
select p.person_key, p.person from persons p left join complete c using (person)
where coalesce(c.is_complete, true) and p.person is not null;

-- One row per worker row of the truth that says whether it shows platform work.
create table scoped as
select r.source, r.in_scope, r.scope_reason, o.shows, o.linkable, o.linked or o.in_review as is_in, o.linked
from raw_rows r
join outcomes o on o.source = r.source and o.file = r.file and o.sheet = coalesce(r.sheet, '') and o.row = r.row
where r.in_scope is not null;

-- One row per judged person: trades the ledger names, and those their own rows show.
create table trades as
with shown as (
    select p.person_key, list_sort(list_distinct(list(r.trade))) as trades
    from placed p join raw_rows r
        on r.source = p.source and r.file = p.file and coalesce(r.sheet, '') = coalesce(p.sheet, '') and r.row = p.row
    where p.role in ('worker', 'self_report') and r.trade is not null group by p.person_key
)
select j.person, list_sort(l.occupation_groups) as found, coalesce(s.trades, list_sort(m.trades)) as truth
from judged j join ledger l using (person_key) left join shown s using (person_key)
join (select person, any_value(trades) as trades from raw_members where len(statuses) > 0 group by person) m using (person);

-- One row per published unit: its key and the key at the head of its line.
create table roots as
select u.unit_key, u.name, coalesce(g.parent, p.parent, u.parent, u.unit_key) as root
from units u left join units p on p.unit_key = u.parent left join units g on g.unit_key = p.parent;

create table named as
select name, any_value(unit_key) as unit_key from units group by name having count(*) = 1;

-- One row per spelling that one unit alone bears.
create table spellings as
select field, spelling, any_value(unit) as unit, any_value(firm) as firm, any_value(form) as form
from raw_units group by field, spelling having count(distinct unit) = 1;

-- One row per (spelling, unit the ledger gives a person all of whose rows tonight carry just this spelling).
create table votes as
with cells as (
    select p.person_key, u.field, u.spelling, p.role
    from placed p join raw_units u
        on u.source = p.source and u.file = p.file and coalesce(u.sheet, '') = coalesce(p.sheet, '') and u.row = p.row
    qualify row_number() over (partition by p.person_key, p.source, p.file, p.row order by u.field desc) = 1
), alone as (
    select person_key, any_value(field) as field, any_value(spelling) as spelling
    from cells group by person_key having count(distinct spelling) = 1
)
select a.field, a.spelling, n.unit_key
from alone a join ledger l using (person_key) join named n on n.name = l.units[1]
where len(l.units) = 1;

create table assigned as
select s.field, s.spelling, s.form, s.unit, s.firm, coalesce(n.unit_key, v.unit_key) as unit_key,
    r.root
from spellings s
left join named n on n.name = s.spelling
left join (select field, spelling, mode(unit_key) as unit_key from votes group by 1, 2) v using (field, spelling)
join roots r on r.unit_key = coalesce(n.unit_key, v.unit_key);

-- One row per (kind, unit of the truth, published unit): how many spellings. Firms with their 分公司 under their heads.
create table unit_cells as
select field, case field when 'station' then unit else firm end as truth,
    case field when 'station' then unit_key else root end as found, count(*) as n
from assigned group by all;

-- One row per published station or 分公司 whose firm the truth knows: whether it hangs under that firm.
create table parents as
select a.unit, bool_or(f.firm is not null) as is_right
from assigned a left join assigned f on f.field = 'unit_name' and f.root = a.root and f.firm = a.firm and f.unit = f.firm
where a.unit <> a.firm group by a.unit;

create table hosts as
select j.person, h.rule, l.host_rule, l.host_org_name as found, h.hosts as truth,
    -- where nothing fits, whoever is named for the time being is named as such
    case when len(h.hosts) = 0 then l.host_org_name is null or coalesce(l.host_rule = x.word, false) else coalesce(list_contains(h.hosts, l.host_org_name), false) end
        as is_right
from judged j join ledger l using (person_key) join raw_hosts h using (person)
left join codes x on x.kind = 'host_rule' and x.code = 'last'
where not l.objection;

-- One row per unit that has members by the truth or advice in the ledger.
create table suggestions as
with known as (select distinct firm, spelling from raw_units),
advised as (
    select k.firm, coverage.name, coalesce(suggestion, '') as text, full_members, probationary, floating
    from coverage left join known k on k.spelling = coverage.name
    where scope = 'unit' qualify row_number() over (partition by coverage.name order by k.firm) = 1
), found as (
    select coalesce(firm, name) as unit, count(*) as rows, string_agg(text, '；' order by text) as text,
        sum(full_members) as full_members, sum(floating) as floating
    from advised group by 1
)
select coalesce(t.unit, f.unit) as unit, t.name, f.text, f.rows, t.full_members as truth_full, f.full_members as found_full,
    t.floating as truth_floating, f.floating as found_floating,
    -- a unit without members to count may be given an instructor all the same
    case when coalesce(t.suggestion, ['none']) = ['none'] then ['none', 'instructor'] else t.suggestion end as truth, coalesce(t.floating_suggestion, ['none']) as truth_floating_advice,
    case when f.text like '%已建党组织%' then 'none' when f.text like '%应设支委会%' then 'committee' when f.text like '%应建党支部%' then 'branch'
         when f.text like '%联合党支部%' or f.text like '%联合支部%' then 'joint' when f.text like '%党建工作指导员%' then 'instructor'
         else 'none' end as found,
    case when f.text like '%应建流动党员党支部%' then 'floating_branch' else 'none' end as found_floating_advice
from raw_suggestions t full join found f using (unit)
where (t.unit is not null or f.text <> '')
    -- a business published without its owner's name cannot be told from another of the same kind
    and not contains(coalesce(f.unit, ''), '*')
    and not (starts_with(coalesce(t.unit, ''), 'O') and f.unit is null);

create table judged_statuses as
select s.person, list_filter(s.truth, c -> not list_contains(coalesce(o.open_codes, []), c)) as truth,
    list_filter(s.found, c -> not list_contains(coalesce(o.open_codes, []), c)) as found
from status_pairs s left join complete c using (person)
left join (select person, any_value(open_codes) as open_codes from raw_members group by person) o using (person)
where coalesce(c.is_complete, true)
  and not (len(s.truth) = 0 and exists (select 1 from raw_leads d where d.person = s.person and d.state = 'lapsed'));

-- One row per lead of the truth whose person the ledger may hold.
create table leads as
select t.person, t.code, t.state, t.cause, j.person is not null as is_judged,
    coalesce(list_contains(l.statuses, t.code), false) as in_statuses,
    coalesce(len(list_filter(l.leads, one -> one.code = t.code and one.closed_on is null and one.state not in ('排除', '已办结'))) > 0, false)
        as is_open
from raw_leads t
left join (select person, min(person_key) as person_key from persons group by person) p using (person)
left join ledger l using (person_key)
left join judged j on j.person_key = p.person_key;

-- One row per person whose rows a file that did not come holds, and who stood in the ledger the night before.
create table carried as
select m.person, m.statuses, l.person_key is null as is_out,
    coalesce(m.on_roll and list_contains(l.statuses, 'D1'), false) as is_stranger
from raw_members m
join previous b on b.member_no = m.member_no
left join ledger l on l.person_key = b.person_key
where m.carried and len(m.statuses) > 0;
