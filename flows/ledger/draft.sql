create or replace table person_facts as
-- One row per person with the name and the full ID that their registry entry, else their own rows, show.
select
    p.person_id, k.person_key, p.registry_id, p.kind, p.match_class, p.flags,
    coalesce(r.name, n.name) as name,
    coalesce(r.id_number, n.id_number) as full_id
from persons p
join person_keys k using (person_id)
left join (
    select registry_id, name, case when id_kind = 'full' then id_number end as id_number from ledger_registry
) r on r.registry_id = p.registry_id
left join (
    select
        p.person_id, min_by(w.name, (contains(w.name, '*'), w.row_key)) as name,
        min(w.id_number) filter (w.id_kind = 'full') as id_number
    from persons p, unnest(p.worker_row_keys) x(row_key) join ledger_rows w on w.row_key = x.row_key
    group by p.person_id
) n on n.person_id = p.person_id
;
-- One row per person of whom a residence file gives the street: by full ID and the same name.
create or replace table lent_streets as
select f.person_id, min_by(t.street, (-length(t.street), t.street)) as street
from person_facts f join lent_addresses l on l.id_number = f.full_id and l.name = f.name
join text_street t on t.text = l.address
group by f.person_id
;
create or replace table evidence_rows as
-- One row per person and row of a source that they, their statuses or their host rest on.
with said as (
    select person_id, unnest(codes) as code from statuses
), codes as (
    select person_id, list(code) as codes from said group by person_id
), registry_side as (
    select
        p.person_id, x.row_key, null as match_class, null::double as match_weight,
        list_filter([
            case when d.role = 'roll' and list_contains(c.codes, 'S1') then 'membership_state' end,
            case when d.role = 'roll' and list_contains(c.codes, 'L1') then 'lost_contact' end,
            case when d.role = 'roll' and list_contains(c.codes, 'Y1') then 'joined_on' end,
            case when d.role = 'roll' and list_contains(c.codes, 'P2') then 'branch_name' end,
            case when d.role = 'roll' and list_has_any(c.codes, ['F1', 'F2']) then 'is_floating' end,
            case when d.role = 'roll' and list_contains(c.codes, 'W1') then 'job' end,
            case when d.role = 'roll' and list_contains(c.codes, 'W1') then 'unit_name' end,
            case when d.role = 'transfer' and list_contains(c.codes, 'P1') then 'reception_state' end,
            case when d.role = 'transfer' and list_contains(c.codes, 'P1') then 'valid_until' end,
            case when d.role = 'floating' and list_has_any(c.codes, ['F1', 'F2']) then 'flow_direction' end
        ], name -> name is not null) as fields
    from persons p join registry_rows x using (registry_id) join ledger_rows d on d.row_key = x.row_key
    join codes c on c.person_id = p.person_id
), worker_side as (
    select
        w.person_id, w.row_key, w.match_class, w.match_weight,
        list_sort(list_distinct(list_concat(w.fields, case
            when list_contains(c.codes, 'Y1') and w.declared_member = false
                and w.match_class in ('exact', 'confirmed') then ['declared_member', w.start_field]
            when list_contains(c.codes, 'P2') and w.role = 'worker' and w.started_on is not null then [w.start_field]
            else []::varchar[] end))) as fields
    from person_work w join codes c using (person_id)
)
select s.person_id, s.row_key, d.source, f.clean as file, h.clean as sheet, d.row, n.clean as record_id, d.role,
    s.match_class, s.match_weight, s.fields, $as_of::date as landed_on
from (select * from registry_side union all by name select * from worker_side) s
join ledger_rows d using (row_key)
join clean_files f on f.text = d.file
left join clean_files h on h.text = d.sheet
left join clean_numbers n on n.text = d.record_id
;
insert into evidence_rows by name
select
    z.person_id, o.row_key, 'party_organisations' as source, f.clean as file, h.clean as sheet, o.row, n.clean as record_id,
    'organisation' as role, null as match_class, null::double as match_weight,
    [case z.rule when 'unit' then 'linked_unit' when 'trade' then 'trade' when 'committee' then 'trade'
        when 'last' then 'org_kind' when 'floating' then 'org_kind' when 'named' then 'org_name' when 'chosen' then 'org_name' else 'street' end] as fields,
    o.landed_on
from hosts z join orgs o using (org_id)
join clean_files f on f.text = o.file
left join clean_files h on h.text = o.sheet
left join clean_numbers n on n.text = o.record_id
;
create or replace table evidence_of as
-- One row per person with their rows of evidence as a list; organisations stand last.
select
    person_id,
    list(struct_pack(
        source := source, file := file, sheet := sheet, "row" := "row", record_id := record_id, role := role,
        match_class := match_class, match_weight := match_weight, fields := fields, landed_on := landed_on
    ) order by role = 'organisation', row_key) as evidence
from evidence_rows group by person_id
;
create or replace table work_of as
-- One row per person with worker rows: occupation groups, platforms and units as they are published.
select
    w.person_id,
    list_sort(list_distinct(list(w.grp))) as occupation_groups,
    list_sort(list_distinct(coalesce(list(p.clean) filter (p.clean is not null), []))) as platforms,
    list_sort(list_distinct(coalesce(list(u.clean) filter (u.clean is not null), []))) as units
from person_work w
left join clean_texts p on p.text = w.platform
left join units x on x.unit_key = w.unit_key
left join clean_texts u on u.text = coalesce(x.name, w.unit_name)
group by w.person_id
;
create or replace table strongest_row as
-- One row per person with a matched row: the weight and the reason of the strongest, worker rows first.
select person_id, match_weight, match_probability, reason
from (
    select *, row_number() over (
        partition by person_id order by
            role <> 'worker', list_position(['confirmed', 'exact', 'strong'], match_class), match_weight desc, row_key
    ) as rank
    from person_work where match_class is not null
) where rank = 1
;
create or replace table ledger_draft as
-- One row per person as tonight's sources show them, before earlier nights, leads and objections are minded.
with words as (
    select
        f.person_id, f.person_key, f.registry_id, f.kind, f.match_class, f.full_id, f.name, f.flags,
        coalesce(r.sex, g.sex, case when f.full_id is not null
            then if(substr(f.full_id, 17, 1)::integer % 2 = 1, 'male', 'female') end, w.sex) as sex,
        coalesce(
            try_cast(substr(f.full_id, 7, 4) as smallint), try_cast(substr(g.birth_date, 1, 4) as smallint),
            try_cast(substr(w.birth_date, 1, 4) as smallint)) as birth_year
    from person_facts f
    left join roll_of r using (person_id)
    left join ledger_registry g on g.registry_id = f.registry_id
    left join (
        select p.person_id, min(x.sex) as sex, min(x.birth_date) as birth_date
        from persons p, unnest(p.worker_row_keys) k(row_key) join ledger_rows x on x.row_key = k.row_key
        where p.registry_id is null group by p.person_id
    ) w on w.person_id = f.person_id
)
select
    d.person_key,
    case when n.clean = g.member_no then g.member_no end as member_no,
    t.id_token,
    case when d.name is null or d.name[1] = '*' then '*' else d.name[1] || '*' end as name_masked,
    d.sex, d.birth_year, r.ethnicity,
    coalesce(w.occupation_groups, [o.grp], []::varchar[]) as occupation_groups,
    coalesce(w.platforms, []) as platforms,
    coalesce(w.units, case when u.clean is null then [] else [u.clean] end) as units,
    s.work_street, coalesce(s.home_street, a.street, lent.street) as home_street,
    r.member_type, r.joined_on, h.org_code as home_org_code, hn.clean as home_org_name,
    c.primary_status, c.codes as statuses, d.match_class, m.match_weight, m.match_probability,
    case d.kind
        when 'own_job' then '按名册本人的工作单位或工作岗位判断，没有对应的从业记录'
        when 'declared' then if(d.match_class = 'self_report', '本人报到，名册中没有对应的人', '本人自报为党员，名册中没有对应的人')
        else m.reason
    end as match_reason,
    list_sort(list_distinct(list_concat(
        d.flags,
        case when s.worker_rows > 0 and not s.works_now then ['no_current_work'] else [] end,
        case when c.primary_status = 'N0' and (q.person_id is null or h.elsewhere) then ['affiliation_unclear'] else [] end,
        case when d.person_id in (select person_id from checked_people) then ['person_checked'] else [] end,
        case when d.person_id in (select person_id from contradicted) then ['rolls_contradict'] else [] end,
        case when d.person_id in (select person_id from accounts_of_others) then ['phone_of_another'] else [] end
    ))) as flags,
    coalesce(e.evidence, []) as evidence,
    ho.org_code as host_org_code, hon.clean as host_org_name, hr.text as host_rule
from words d
join statuses c using (person_id)
left join ledger_registry g on g.registry_id = d.registry_id
left join clean_numbers n on n.text = g.member_no
left join id_tokens t on t.person_id = d.person_id
left join roll_of r on r.person_id = d.person_id
left join roll_of q on q.person_id = d.person_id
left join work_of w on w.person_id = d.person_id
left join own_trades o on o.row_key = case when d.kind = 'own_job' then r.roll_row_key end
left join roll_units ru on ru.row_key = case when d.kind = 'own_job' then r.roll_row_key end
left join units rx on rx.unit_key = ru.unit_key
left join clean_texts u on u.text = case when d.kind = 'own_job' then coalesce(rx.name, r.unit_name) end
left join work_summary s on s.person_id = d.person_id
left join roll_street a on a.person_id = d.person_id
left join lent_streets lent on lent.person_id = d.person_id
left join homes h on h.person_id = d.person_id
left join clean_texts hn on hn.text = h.org_name
left join strongest_row m on m.person_id = d.person_id
left join evidence_of e on e.person_id = d.person_id
left join hosts z on z.person_id = d.person_id
left join orgs ho on ho.org_id = z.org_id
left join clean_texts hon on hon.text = ho.org_name
left join host_rule_texts hr on hr.rule = z.rule and hr.grp is not distinct from z.grp
order by d.person_key
