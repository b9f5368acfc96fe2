-- One row per scored pair with its decision. Parameters: link, review, margin, shared_names, per_row.
create or replace table decided as
with tiered as (
    select
        s.*, t.tier, t.match_class, t.doubt, t.sentence,
        coalesce(o.worker_names, 0) >= $shared_names as phone_shared_here,
        coalesce(o.registry_persons, 0) > 1 as phone_of_several,
        case
            when j.verdict = 'link' then 'link'
            when j.verdict = 'not_link' then 'reject'
            when t.needs_own_phone and coalesce(o.worker_names, 0) >= $shared_names
                then case when s.match_probability >= $review then 'review' else 'reject' end
            when t.needs_single_owner and coalesce(o.registry_persons, 0) > 1 then 'review'
            when t.needs_probability and s.match_probability < $link
                then case when s.match_probability >= $review then 'review' else 'reject' end
            when t.needs_review_probability and s.match_probability < $review then 'reject'
            else t.decision
        end as first_decision,
        j.verdict
    from scored s
    join tiers t on t.name = s.levels.name and t.id_number = s.levels.id_number and t.phone = s.levels.phone
        and t.birth_date = s.levels.birth_date and t.sex = s.levels.sex
    left join pair_owners o using (left_id, right_id)
    left join judgements j using (left_id, right_id)
),
-- A person's word stands first, then a full ID, then strong evidence, then doubts; weight orders within.
ranked as (
    select *,
        case when verdict = 'link' then 3 when first_decision = 'link' and match_class = 'exact' then 2
             when first_decision = 'link' then 1 else 0 end as standing,
        coalesce(verdict, '') = 'not_link' as denied
    from tiered
),
placed as (
    select *,
        max(standing) over row_of as best_standing,
        count(*) filter (where standing >= 1) over row_of as links,
        count(*) filter (where standing = 2) over row_of as exact_links,
        max(case when not denied and first_decision <> 'reject' then match_weight end) over row_of as best_weight,
        max(case when standing >= 1 then match_weight end) over row_of as best_link_weight,
        row_number() over (partition by left_id, first_decision order by match_weight desc, right_id) as place
    from ranked
    window row_of as (partition by left_id)
),
rivals as (
    select *,
        count(*) filter (where first_decision <> 'reject' and match_weight >= best_weight - $margin)
            over (partition by left_id) as close_ones
    from placed
),
settled as (
    select *,
        case
            when first_decision = 'reject' then 'reject'
            when best_standing = 3 then case when standing = 3 then 'link' else 'reject' end
            when best_standing = 2 and exact_links > 1 then case when standing = 2 then 'review' else 'reject' end
            when best_standing = 2 then case when standing = 2 then 'link' else 'reject' end
            when best_standing = 1 and close_ones > 1
                then case when match_weight >= best_weight - $margin then 'review' else 'reject' end
            when best_standing = 1 then case when standing = 1 and match_weight = best_link_weight then 'link' else 'reject' end
            when place > $per_row then 'reject'
            else 'review'
        end as decision
    from rivals
)
select
    left_id, right_id, decision,
    case when decision = 'link' then case when verdict = 'link' then 'confirmed' else match_class end end as match_class,
    case when decision = 'review' then case
        when close_ones > 1 or exact_links > 1 then 'two_candidates'
        else coalesce(doubt, 'weak_evidence') end end as doubt,
    case
        when verdict is not null then 'judgement_of_a_person'
        when decision = 'reject' and first_decision <> 'reject' then 'another_member_fits_better'
        else tier
    end as rule,
    case
        when verdict = 'link' then '经人工核对，确认是同一人'
        when verdict = 'not_link' then '经人工核对，不是同一人'
        when decision = 'reject' and first_decision <> 'reject' then sentence || '；但另有更相符的党员'
        when decision = 'review' and (close_ones > 1 or exact_links > 1) then sentence || '；名册中不止一人相符，由人工判断'
        when decision = 'review' and first_decision = 'review' and phone_shared_here then sentence || '；但该号码多人共用，由人工判断'
        when decision = 'review' and doubt is null then sentence || '；但重名较多，把握不足，由人工判断'
        else sentence
    end as reason,
    list_filter(['name', 'id_number', 'phones', 'birth_date', 'sex'], lambda f: case f
        when 'name' then levels.name not in ('null', 'different')
        when 'id_number' then levels.id_number not in ('null', 'conflict', 'one_digit')
        when 'phones' then levels.phone not in ('null', 'conflict')
        when 'birth_date' then levels.birth_date not in ('null', 'conflict', 'swapped')
        else levels.sex = 'same' end) as fields,
    list_filter([
        case when a.left_id is not null then 'phone_of_another' end,
        case when phone_shared_here or phone_of_several then 'shared_phone' end
    ], lambda f: f is not null) as flags,
    blocking_rules, levels, match_weight, match_probability
from settled
left join phone_of_another a using (left_id, right_id)
order by left_id, right_id;
