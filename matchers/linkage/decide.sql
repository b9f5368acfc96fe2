-- One row per scored pair (weighed) with its decision. `tiers`: what its pattern of levels may become. {rivals}: the side
-- on which a row has one partner at most. Parameters: link, review, margin, most_names, per_row and the remarks.
create or replace table decided as
with capped as (
    select
        s.*, t.ceiling, t.match_class, t.doubt, t.sentence, t.fields,
        s.names >= $most_names as value_shared,
        s.persons > 1 as value_of_several,
        case
            when s.verdict = 1 then 'link'
            when s.verdict = 2 then 'reject'
            when t.needs_own_value and s.names >= $most_names
                then case when s.match_probability >= $review then 'review' else 'reject' end
            when t.needs_single_owner and s.persons > 1 then 'review'
            when t.needs_probability and s.match_probability < $link
                then case when s.match_probability >= $review then 'review' else 'reject' end
            when t.needs_review_probability and s.match_probability < $review then 'reject'
            else t.decision
        end as first_decision
    from weighed s
    join tiers t using (pattern)
),
-- A person's word stands first, then a full ID, then strong evidence, then doubts; weight orders within.
ranked as (
    select *,
        case when verdict = 1 then 3 when first_decision = 'link' and match_class = 'exact' then 2
             when first_decision = 'link' then 1 else 0 end as standing,
        verdict = 2 as denied
    from capped
),
placed as (
    select *,
        max(standing) over row_of as best_standing,
        count(*) filter (where standing = 2) over row_of as exact_links,
        max(case when not denied and first_decision <> 'reject' then match_weight end) over row_of as best_weight,
        max(case when standing >= 1 then match_weight end) over row_of as best_link_weight,
        row_number() over (partition by {rivals}, first_decision order by match_weight desc, ra, la) as place
    from ranked
    window row_of as (partition by {rivals})
),
rivals as (
    select *,
        count(*) filter (where first_decision <> 'reject' and match_weight >= best_weight - $margin)
            over (partition by {rivals}) as close_ones
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
    pair, decision,
    case when decision = 'link' then case when verdict = 1 then 'confirmed' else match_class end end as match_class,
    case when decision = 'review' then case
        when close_ones > 1 or exact_links > 1 then 'two_candidates'
        else coalesce(doubt, 'weak_evidence') end end as doubt,
    case
        when verdict > 0 then 'judgement_of_a_person'
        when decision = 'reject' and first_decision <> 'reject' then 'another_member_fits_better'
        else ceiling
    end as rule,
    case
        when verdict = 1 then $same
        when verdict = 2 then $not_same
        when decision = 'reject' and first_decision <> 'reject' then sentence || $better
        when decision = 'review' and (close_ones > 1 or exact_links > 1) then sentence || $several
        when decision = 'review' and first_decision = 'review' and value_shared then sentence || $shared
        when decision = 'review' and doubt is null then sentence || $unsure
        else sentence
    end as reason,
    fields,
    list_filter([
        case when of_another then 'phone_of_another' end,
        case when value_shared or value_of_several then 'shared_phone' end
    ], lambda f: f is not null) as flags
from settled;
