-- Counts over `ledger`, `coverage` and `review` for the situation report; every view is small.
create or replace view of_person as
select *, coalesce(work_street, home_street, '镇街不明') as street, coalesce(occupation_groups[1], '其他新就业') as main_group
from ledger;
create or replace view figure_status as
-- One row per status code: persons, those whose primary status it is, and where its leads stand.
select code, count(*) as persons, count(*) filter (code = primary_status) as first,
    count(*) filter (list_contains(waiting, code)) as waiting, count(*) filter (list_contains(held, code)) as confirmed,
    count(*) filter (list_contains(gone, code)) as excluded
from (
    select unnest(statuses) as code, primary_status,
        list_transform(list_filter(leads, lead -> lead.state in ('线索', '待核查') and lead.closed_on is null), lead -> lead.code) as waiting,
        list_transform(list_filter(leads, lead -> lead.state in ('已确认', '已纳管')), lead -> lead.code) as held,
        list_transform(list_filter(leads, lead -> lead.state = '排除'), lead -> lead.code) as gone
    from ledger
) group by code;
create or replace view figure_street as
-- One row per street: persons, leads that wait, leads answered, persons with an organisation to take them in.
select street, count(*) as persons,
    coalesce(sum(len(list_filter(leads, lead -> lead.state in ('线索', '待核查') and lead.closed_on is null))), 0)::bigint as waiting,
    coalesce(sum(len(list_filter(leads, lead -> lead.state not in ('线索', '待核查') and (lead.closed_on is null or lead.checked_by is not null)))), 0)::bigint as answered,
    count(*) filter (host_org_name is not null) as hosted
from of_person group by street order by street = '镇街不明', persons desc, street;
create or replace view figure_group as
-- One row per occupation group, as figure_street.
select main_group, count(*) as persons,
    coalesce(sum(len(list_filter(leads, lead -> lead.state in ('线索', '待核查') and lead.closed_on is null))), 0)::bigint as waiting,
    coalesce(sum(len(list_filter(leads, lead -> lead.state not in ('线索', '待核查') and (lead.closed_on is null or lead.checked_by is not null)))), 0)::bigint as answered,
    count(*) filter (host_org_name is not null) as hosted
from of_person group by main_group order by persons desc, main_group;
create or replace view figure_coverage as
-- One row per street or trade and kind of coverage: units, and the people who work there.
select 'street' as scope, coalesce(street, '镇街不明') as name, coverage, count(*) as units, sum(workers)::bigint as workers
from coverage where scope = 'unit' and not starts_with(name, '（') group by all
union all
select 'trade', coalesce(trade, '其他'), coverage, count(*), sum(workers)::bigint
from coverage where scope = 'unit' and not starts_with(name, '（') group by all
order by all;
create or replace view figure_suggestions as
-- One row per unit where something should be set up.
select name, street, trade, workers, full_members, probationary, suggestion, missing_members
from coverage where suggestion is not null
order by full_members desc, workers desc, name, street, trade;
create or replace view figure_waiting as
-- One row per doubt: pairs that wait for a person, and since when the oldest does.
select doubt, count(*) as pairs, min(since) as oldest from review group by doubt order by pairs desc, doubt;
create or replace view figure_cross as
-- One row per street and occupation group.
select street, main_group, count(*) as persons from of_person group by all order by all;
