"""The evidence tiers of domain.md as named cases: one worker row against a thousand townspeople."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matchers.deciding.tiers import Keep, least_weights, named_levels, tier_of
from matchers.engines.district import JUDGEMENTS
from matchers.model.district import district_model
from matchers.model.evidence_tiers import EvidenceTier
from matchers.weighing.score import log_odds
from schemas.people import shows_impossible_birth
from tests.matchers.conftest import check_digit, decided, full_id, person_rows

MODEL = district_model()
NIGHTLY = MODEL.fitted_to({"name", "id_number", "phone", "birth_date", "sex"})
ZHANG = {
    "row_id": 1,
    "role": "roll",
    "member_no": "Z1",
    "name": "孟繁星",
    "sex": "male",
    "birth_date": "1990-03-07",
    "id_number": full_id(),
    "id_kind": "full",
    "phones": ["13800001234"],
}
NOBODY = person_rows()
MASK_6_4 = full_id()[:6] + "********" + full_id()[-4:]
HEAD_15 = full_id()[:15] + "***"


def decide(
    townspeople: pa.Table, *workers: dict[str, Any], members: tuple[dict[str, Any], ...] = (ZHANG,)
) -> list[dict[str, Any]]:
    """Decisions other than reject, of the given worker rows (ids from 1)."""
    left = person_rows(*({"role": "worker", **row} for row in workers))
    right = pa.concat_tables([person_rows(*members), townspeople])
    table = decided(left, right, MODEL)
    return [row for row in table.to_pylist() if row["decision"] != "reject"]


LINKS = {
    "full ID and name": ({"name": "孟繁星", "id_number": full_id(), "id_kind": "full"}, "exact"),
    "full ID and a homophone": ({"name": "孟凡星", "id_number": full_id(), "id_kind": "full"}, "exact"),
    "full ID and a masked name": ({"name": "孟*", "id_number": full_id(), "id_kind": "full"}, "exact"),
    "full ID and given name in other order": ({"name": "孟星繁", "id_number": full_id(), "id_kind": "full"}, "exact"),
    "full ID and a character a machine could not write": (
        {"name": "孟□星", "id_number": full_id(), "id_kind": "full"},
        "exact",
    ),
    "full ID and phone, one other character": (
        {"name": "孟繁云", "id_number": full_id(), "id_kind": "full", "phones": ["138****1234"]},
        "exact",
    ),
    "name and ID head and tail": ({"name": "孟繁星", "id_number": MASK_6_4, "id_kind": "masked"}, "strong"),
    "name and the 15 digits Excel keeps": ({"name": "孟繁星", "id_number": HEAD_15, "id_kind": "excel15"}, "strong"),
    "name and full phone": ({"name": "孟繁星", "phones": ["13800001234"]}, "strong"),
    "name and masked phone": ({"name": "孟繁星", "phones": ["138****1234"]}, "strong"),
    "traditional characters and phone": ({"name": "孟繁星", "phones": ["13800001234", "02388881234"]}, "strong"),
}


@pytest.mark.parametrize("case", LINKS)
def test_strong_evidence_links(case: str, townspeople: pa.Table) -> None:
    row, match_class = LINKS[case]
    (found,) = decide(townspeople, row)
    assert (found["decision"], found["match_class"], found["right_id"]) == ("link", match_class, 1)


REVIEWS = {
    "same ID, other name": ({"name": "王建国", "id_number": full_id(), "id_kind": "full"}, "conflict"),
    "same ID, a name one character off, as a brother's is": (
        {"name": "孟繁云", "id_number": full_id(), "id_kind": "full", "phones": ["13800005555"]},
        "conflict",
    ),
    "same ID, a name one character off, no phone": (
        {"name": "孟繁云", "id_number": full_id(), "id_kind": "full"},
        "conflict",
    ),
    "masked name with two strong parts": (
        {"name": "孟*", "id_number": MASK_6_4, "id_kind": "masked", "phones": ["138****1234"]},
        "masked_only",
    ),
    "name and birth date only": ({"name": "孟繁星", "birth_date": "1990-03-07"}, "weak_evidence"),
    "name and last four of the ID": (
        {"name": "孟繁星", "id_number": "*" * 14 + full_id()[-4:], "id_kind": "tail4"},
        "weak_evidence",
    ),
    "one other character, the 15 digits Excel keeps and the phone": (
        {"name": "孟繁云", "id_number": HEAD_15, "id_kind": "excel15", "phones": ["13800001234"]},
        "weak_evidence",
    ),
    "one wrong digit": (
        {"name": "孟繁星", "id_number": full_id()[:12] + "8" + full_id()[13:], "id_kind": "invalid"},
        "conflict",
    ),
}


@pytest.mark.parametrize("case", REVIEWS)
def test_doubtful_evidence_goes_to_a_person(case: str, townspeople: pa.Table) -> None:
    row, doubt = REVIEWS[case]
    (found,) = decide(townspeople, row)
    assert (found["decision"], found["doubt"]) == ("review", doubt)


NOTHING = {
    "name alone": {"name": "孟繁星"},
    "one other character and the 15 digits Excel keeps": {"name": "孟繁云", "id_number": HEAD_15, "id_kind": "excel15"},
    "masked name and ID head and tail": {"name": "孟*", "id_number": MASK_6_4, "id_kind": "masked"},
    "masked name and phone": {"name": "孟*", "phones": ["13800001234"]},
    "phone alone": {"name": "王建国", "phones": ["13800001234"]},
    "name, phone, but a visible ID digit differs": {
        "name": "孟繁星",
        "phones": ["138****1234"],
        "id_number": "500113********9999",
        "id_kind": "masked",
    },
    "name and ID 1+1": {"name": "孟繁星", "id_number": "5" + "*" * 16 + full_id()[-1], "id_kind": "masked"},
    "name and phone, other sex": {"name": "孟繁星", "phones": ["13800001234"], "sex": "female"},
    "name and phone, other birth date": {"name": "孟繁星", "phones": ["13800001234"], "birth_date": "1971-11-30"},
}


@pytest.mark.parametrize("case", NOTHING)
def test_weak_or_contradicted_evidence_is_not_listed(case: str, townspeople: pa.Table) -> None:
    assert decide(townspeople, NOTHING[case]) == []


def test_two_plausible_members_are_left_to_a_person(townspeople: pa.Table) -> None:
    twin_entry = {**ZHANG, "row_id": 2, "member_no": "Z2", "id_number": full_id(sequence="853")}
    found = decide(townspeople, {"name": "孟繁星", "phones": ["13800001234"]}, members=(ZHANG, twin_entry))
    assert [(row["decision"], row["doubt"]) for row in found] == [("review", "two_candidates")] * 2


def test_a_rented_account_goes_to_its_holder_with_a_flag(townspeople: pa.Table) -> None:
    rider = {
        **ZHANG,
        "row_id": 2,
        "member_no": "Z2",
        "name": "欧阳春",
        "id_number": full_id(sequence="377"),
        "phones": ["13800009999"],
    }
    row = {"name": "孟繁星", "id_number": full_id(), "id_kind": "full", "phones": ["13800009999"]}
    (found,) = decide(townspeople, row, members=(ZHANG, rider))
    assert (found["right_id"], found["match_class"], found["flags"]) == (1, "exact", ["phone_of_another"])


def test_an_office_number_on_many_rows_links_nobody(townspeople: pa.Table) -> None:
    others = [{"name": name, "phones": ["13800001234"]} for name in ("甲一一", "乙二二", "丙三三", "丁四四")]
    found = decide(townspeople, {"name": "孟繁星", "phones": ["13800001234"]}, *others)
    assert [row["decision"] for row in found] == ["review"]
    assert "多人共用" in found[0]["reason"]


def test_family_on_one_phone_is_told_apart_by_name(townspeople: pa.Table) -> None:
    father = {**ZHANG, "row_id": 2, "member_no": "Z2", "name": "孟德昌", "id_number": full_id(birth="19620101")}
    (found,) = decide(townspeople, {"name": "孟德昌", "phones": ["13800001234"]}, members=(ZHANG, father))
    assert (found["right_id"], found["decision"]) == (2, "link")


def test_two_rows_of_different_ids_do_not_both_become_one_member(townspeople: pa.Table) -> None:
    without_id = {**ZHANG, "id_number": None, "id_kind": None, "birth_date": None, "sex": None}
    rows = [
        {"name": "孟繁星", "id_number": full_id(sequence=sequence), "id_kind": "full", "phones": ["13800001234"]}
        for sequence in ("851", "333")
    ]
    found = decide(townspeople, *rows, members=(without_id,))
    assert [row["decision"] for row in found] == ["review", "review"]


def test_a_persons_word_beats_the_score(townspeople: pa.Table) -> None:
    left = person_rows(
        {"role": "worker", "name": "孟繁星", "id_number": full_id(), "id_kind": "full"},
        {"role": "worker", "name": "孟*", "id_number": MASK_6_4, "id_kind": "masked", "phones": ["138****1234"]},
    )
    right = pa.concat_tables([person_rows(ZHANG), townspeople])
    words = pa.Table.from_pylist(
        [{"left_id": 1, "right_id": 1, "verdict": "not_link"}, {"left_id": 2, "right_id": 1, "verdict": "link"}],
        schema=JUDGEMENTS,
    )
    table = decided(left, right, MODEL, words)
    decisions = {row["left_id"]: (row["decision"], row["match_class"]) for row in table.to_pylist()}
    assert decisions == {1: ("reject", None), 2: ("link", "confirmed")}


def tiers_by_pattern() -> list[tuple[dict[str, str], EvidenceTier]]:
    """Every pattern of levels the model can show, by level names, with the tier that decides it."""
    patterns = math.prod(len(levels) + 1 for levels in NIGHTLY.comparisons.values())
    named = [named_levels(NIGHTLY, number) for number in range(patterns)]
    return [(levels, tier_of(NIGHTLY, levels)) for levels in named]


def test_every_pattern_of_levels_has_one_tier_and_none_is_in_vain() -> None:
    found = tiers_by_pattern()
    assert len({tuple(levels.values()) for levels, _ in found}) == len(found)
    assert {tier.name for _, tier in found} == {tier.name for tier in NIGHTLY.evidence_tiers}


def test_no_tier_links_a_masked_name_without_a_full_id() -> None:
    linked = [levels for levels, tier in tiers_by_pattern() if tier.decision == "link"]
    assert linked
    assert all(
        row["id_number"] == "full" for row in linked if row["name"] in ("masked", "placeholder", "null", "different")
    )


def test_a_pair_is_never_pruned_below_what_its_tier_may_make_of_it() -> None:
    """What a tier links or leaves to a person whatever it weighs is kept from the keeping threshold on."""
    least, kept = (
        least_weights(NIGHTLY, Keep.DECIDED).ravel(order="F"),
        log_odds(NIGHTLY.decision_rules.prune_below_probability),
    )
    for number, (_, tier) in enumerate(tiers_by_pattern()):
        if tier.decision != "reject" and not (tier.needs_probability or tier.needs_review_probability):
            assert least[number] <= kept, tier.name


@settings(max_examples=15)
@given(shown=st.sets(st.integers(0, 17), max_size=17), wrong=st.integers(0, 17))
def test_a_mask_never_agrees_with_a_visible_conflict(shown: set[int], wrong: int) -> None:
    whole = full_id()
    digits = [digit if place in shown else "*" for place, digit in enumerate(whole)]
    digits[wrong] = "1" if whole[wrong] != "1" else "2"
    # A mask that nobody alive can have is no value, and so no conflict.
    assume(not shows_impossible_birth("".join(digits)))
    row = {"name": "孟繁星", "id_number": "".join(digits), "id_kind": "masked", "phones": ["13800001234"]}
    found = decide(NOBODY, row)
    assert all(item["decision"] != "link" for item in found)


def test_the_made_up_ids_are_valid() -> None:
    assert full_id()[-1] == check_digit(full_id()[:17])
