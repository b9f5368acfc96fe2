-- A member somebody already found needs no thin evidence judged, and one thin row a member is asked at a time: once it
-- is confirmed the member is found, once it is refused the next one comes up. Thin is what could only find the member
-- once more: weak evidence, a masked name, an ID mistyped on one side. One ID under two names is asked whatever else.
create or replace table found_members as
select distinct right_id as registry_id from decided where decision = 'link'
;
create or replace table waiting as
-- One row per pair that waits for a person and is asked tonight.
with ordered as (
    select d.*, d.doubt in ('weak_evidence', 'masked_only')
            or d.doubt = 'conflict' and d.levels.id_number in ('one_digit', 'conflict') as thin,
        row_number() over (partition by d.right_id, thin order by d.match_weight desc, d.left_id) as place
    from decided d where d.decision = 'review'
)
select * from ordered
where (not thin or (place = 1 and right_id not in (select registry_id from found_members)))
    and right_id not in (
        select p.registry_id from persons p join person_keys using (person_id) join erased_persons using (person_key)
        where p.registry_id is not null
    )
;
-- The registry's own doubts are asked only where somebody of the ledger, or waiting for it, hangs on them; the others
-- are no business of a check on workers: duplicate entries go to the organisation department with the quality note. Nor
-- is a name alone: the row stays out of the registry, and nobody could say whose it is.
create or replace table concerned_rows as
select unnest(r.row_keys) as row_key
from ledger_registry r
where r.registry_id in (select registry_id from persons union select right_id from waiting)
;
create or replace table review_pairs as
-- One row per pair that is asked: of a row and a person of the registry, or of two rows of the registers.
select d.left_id as left_key, r.registry_id, r.roll_row_key, d.right_id, 'person' as side, d.doubt, d.match_weight,
    d.match_probability, d.blocking_rules, d.levels, d.reason, null::boolean as known
from waiting d join ledger_registry r on r.registry_id = d.right_id
union all by name
select left_row_key as left_key, right_row_key as right_id, 'row' as side, doubt, reason, []::varchar[] as blocking_rules
from registry_doubts
where not name_alone
    and (left_row_key in (select row_key from concerned_rows) or right_row_key in (select row_key from concerned_rows))
union all by name
select d.left_id as left_key, r.registry_id, r.roll_row_key, d.right_id, 'person' as side,
    if(d.verdict = 'link', 'conflict', 'weak_evidence') as doubt, d.match_weight, d.match_probability,
    d.blocking_rules, d.levels,
    '曾经人工核对，' || if(d.verdict = 'link', '认定是同一人', '认定不是同一人') || '；此后'
        || array_to_string(list_transform(d.news, pair -> pair.title), '、') || '有变，请再核' as reason
from (
    select d.*, j.verdict, list_filter([
        {'title': '姓名', 'now': d.levels.name, 'was': j.basis['name']},
        {'title': '证件号', 'now': d.levels.id_number, 'was': j.basis['id_number']},
        {'title': '电话', 'now': d.levels.phone, 'was': j.basis['phone']},
        {'title': '出生日期', 'now': d.levels.birth_date, 'was': j.basis['birth_date']},
        {'title': '性别', 'now': d.levels.sex, 'was': j.basis['sex']}
    ], pair -> pair.now is distinct from coalesce(pair.was, 'null') and pair.now <> 'null'
        and (pair.now in ('conflict', 'different', 'swapped', 'one_day', 'one_digit')) = (j.verdict = 'link')) as news
    from decided d join judged_pairs j using (left_id, right_id) where j.basis is not null
) d join ledger_registry r on r.registry_id = d.right_id
where len(d.news) > 0
;
-- Pairs whose answer is known beforehand, put before reviewers now and then to see how well they judge: links by a full
-- ID under the same name, and rows of such links held against other such persons, of one surname where there is one.
insert into review_pairs by name
with sure as (
    select d.*, r.registry_id, r.roll_row_key, p.name as left_name, r.name as right_name, md5('known ' || d.left_id) as lot
    from decided d
    join ledger_rows p on p.row_key = d.left_id and p.id_kind = 'full'
    join ledger_registry r on r.registry_id = d.right_id and r.id_kind = 'full' and r.roll_row_key is not null
    where d.decision = 'link' and d.match_class = 'exact' and d.levels.id_number = 'full' and d.levels.name = 'exact'
        and d.right_id not in (
            select e.registry_id from persons e join person_keys using (person_id) join erased_persons using (person_key)
            where e.registry_id is not null
        )
    order by lot limit $known
), crossed as (
    select a.left_id, b.right_id, b.registry_id, b.roll_row_key, a.levels,
        row_number() over (
            partition by a.left_id order by left(a.left_name, 1) = left(b.right_name, 1) desc, b.lot, b.right_id
        ) as nearest
    from sure a join sure b on a.right_id <> b.right_id and a.left_name <> b.right_name
)
select left_id as left_key, registry_id, roll_row_key, right_id, 'person' as side, 'weak_evidence' as doubt, match_weight,
    match_probability, blocking_rules, levels, '姓名、证件号看上去相符，请核对' as reason, true as known
from sure
union all by name
select left_id as left_key, registry_id, roll_row_key, right_id, 'person' as side, 'conflict' as doubt,
    []::varchar[] as blocking_rules,
    struct_pack(name := 'different', id_number := 'conflict', phone := null::varchar, birth_date := null::varchar,
        sex := null::varchar) as levels,
    '姓名、证件号显示的部分不同，请核对' as reason, false as known
from crossed where nearest = 1
;
create or replace table review_sides as
-- One row per record that stands on a side of a pair.
with ids as (
    select distinct left_key as id, 'row' as side from review_pairs
    union select distinct right_id, side from review_pairs
)
select i.id, i.side, p.name, p.id_number, p.id_kind, p.phones, p.source, p.record_id, p.member_no, p.birth_date
from ids i join ledger_rows p on p.row_key = i.id where i.side = 'row'
union all by name
select i.id, i.side, r.name, r.id_number, r.id_kind, r.phones, 'registry' as source, r.member_no, r.birth_date
from ids i join ledger_registry r on r.registry_id = i.id where i.side = 'person'
