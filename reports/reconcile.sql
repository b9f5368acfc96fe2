-- 勾稽 over `ledger` and `coverage`: the district held against its streets, trades and units, and against the ledger.
create or replace view coverage_sums as
-- One row per scope whose rows together are everybody once.
select scope, sum(workers)::bigint as workers, sum(worker_rows)::bigint as worker_rows,
    sum(full_members)::bigint as full_members, sum(probationary)::bigint as probationary,
    sum(floating)::bigint as floating, sum(leads)::bigint as leads
from coverage where scope in ('district', 'street', 'trade', 'unit') group by scope;
create or replace view ledger_places as
-- One row per person of the ledger: how a coverage count takes them, or why it does not.
select case
        when objection then '异议中'
        when list_has_any(statuses, ['S1', 'L1']) then '停止党籍或失联'
        when list_contains(statuses, 'D1') then '自报未核'
        when list_has_any(flags, ['no_current_work', 'not_seen']) then '目前没有在岗记录'
        when list_has_any(statuses, ['F1', 'F2']) then 'floating'
        when member_type = '正式党员' then 'full_members'
        when member_type = '预备党员' then 'probationary'
        else '人员类别不明'
    end as place, member_type
from ledger;
create or replace view open_lead_places as
-- One row per person of the ledger with an open lead: why the coverage counts them nowhere; null where it does. It counts
-- who works now, and members by their own 工作单位; of who only signed up, members of the roll.
select case
        when list_has_any(flags, ['no_current_work', 'not_seen']) then '目前没有在岗记录'
        when match_class = 'self_report' and list_contains(statuses, 'D1') then '只有本人报到'
    end as place
from ledger
where len(list_filter(leads, lead -> lead.state <> '排除' and lead.closed_on is null)) > 0;
create or replace view reconciliation as
-- One row per line of the table of reconciliation, in the order it is printed. `agreement`: `equal` to the district,
-- `unequal` though it should be, `explained` where the difference has a known cause; null where nothing is compared.
with named(place, scope, title) as (
    values (1, 'district', '全区'), (4, 'street', '各镇街合计'), (5, 'trade', '各行业合计'), (6, 'unit', '各单位合计')
), known_streets as (
    select name <> '（镇街不明）' as known, sum(workers)::bigint as workers, sum(worker_rows)::bigint as worker_rows,
        sum(full_members)::bigint as full_members, sum(probationary)::bigint as probationary,
        sum(floating)::bigint as floating, sum(leads)::bigint as leads
    from coverage where scope = 'street' group by all
), whole as (
    select coalesce(max(workers), 0) as workers, coalesce(max(worker_rows), 0) as worker_rows,
        coalesce(max(full_members), 0) as full_members, coalesce(max(probationary), 0) as probationary,
        coalesce(max(floating), 0) as floating, coalesce(max(leads), 0) as leads
    from coverage_sums where scope = 'district'
), sums as (
    select n.place, n.title, n.scope, coalesce(s.workers, 0) as workers, coalesce(s.worker_rows, 0) as worker_rows,
        coalesce(s.full_members, 0) as full_members, coalesce(s.probationary, 0) as probationary,
        coalesce(s.floating, 0) as floating, coalesce(s.leads, 0) as leads
    from named n left join coverage_sums s using (scope)
), of_ledger as (
    select count(*) filter (place = 'full_members') as full_members,
        count(*) filter (place = 'probationary') as probationary, count(*) filter (place = 'floating') as floating
    from ledger_places
), with_leads as (
    select count(*) as leads, count(place) as named from open_lead_places
)
select s.place, s.title as "项目", s.workers as "从业人数", s.worker_rows as "人次", s.full_members as "正式党员",
    s.probationary as "预备党员", s.floating as "流动党员", s.leads as "有线索",
    case when s.scope = 'district' then '每人只计一次，按主要从业'
        when (s.workers, s.worker_rows, s.full_members, s.probationary, s.floating, s.leads)
            = (w.workers, w.worker_rows, w.full_members, w.probationary, w.floating, w.leads) then '与全区相等'
        else '与全区不等，差从业人数 ' || (s.workers - w.workers) || '、正式党员 ' || (s.full_members - w.full_members)
            || '、预备党员 ' || (s.probationary - w.probationary) || '、流动党员 ' || (s.floating - w.floating)
            || '、有线索 ' || (s.leads - w.leads) end as "说明",
    case when s.scope = 'district' then null
        when (s.workers, s.worker_rows, s.full_members, s.probationary, s.floating, s.leads)
            = (w.workers, w.worker_rows, w.full_members, w.probationary, w.floating, w.leads) then 'equal'
        else 'unequal' end as agreement
from sums s, whole w
union all
select if(known, 2, 3), if(known, '写明镇街的', '镇街不明的'), workers, worker_rows, full_members, probationary, floating,
    leads, if(known, '各镇街，不含镇街不明', '与写明镇街的相加，即各镇街合计'), null
from known_streets
union all
select 7, '一本账中应计入的', null, null, l.full_members, l.probationary, l.floating, null,
    case when (l.full_members, l.probationary, l.floating) = (w.full_members, w.probationary, w.floating) then '与全区相等'
        else '与全区差 ' || (l.full_members + l.probationary + l.floating - w.full_members - w.probationary - w.floating)
            || ' 人：已转出本区的，或来源未到、沿用上期而本期没有从业记录的' end,
    if((l.full_members, l.probationary, l.floating) = (w.full_members, w.probationary, w.floating), 'equal', 'explained')
from of_ledger l, whole w
union all
select 8, '一本账中流动党员', count(*), null, count(*) filter (member_type = '正式党员'),
    count(*) filter (member_type = '预备党员'), null, null, '按人员类别列，覆盖里只计在流动一栏', null
from ledger_places where place = 'floating' having count(*) > 0
union all
select 9, '一本账中不计入：' || place, count(*), null, count(*) filter (member_type = '正式党员'),
    count(*) filter (member_type = '预备党员'), null, null, '按人员类别列，不计入覆盖', null
from ledger_places where place not in ('full_members', 'probationary', 'floating') group by place
union all
select 10, '一本账合计', count(*), null, count(*) filter (member_type = '正式党员'),
    count(*) filter (member_type = '预备党员'), null, null, '应计入的、流动党员和不计入的相加；与三本台账相等', null
from ledger_places
union all
select 11, '一本账有线索的', null, null, null, null, null, l.leads,
    case when l.leads = w.leads then '与全区相等'
        when l.leads - l.named = w.leads then '与全区差 ' || (l.leads - w.leads) || ' 人，下面列出'
        else '与全区差 ' || (l.leads - w.leads) || ' 人：下面列出的，和来源未到、沿用上期而本期没有从业记录的' end,
    if(l.leads = w.leads, 'equal', 'explained')
from with_leads l, whole w
union all
select 12, '有线索、覆盖未计：' || place, null, null, null, null, null, count(*),
    case place when '只有本人报到' then '名册和从业来源里都没有这个人，查实后按线索办理' else '覆盖只计现在在岗的，线索照办' end, null
from open_lead_places where place is not null group by place
order by 1, 2;
