"""应建尽建: what is to be set up in a unit, by full members, and with whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.ledger.coverage import Scope, advise, joint_branches
from schemas.policy import load_policy

SIZES = load_policy().organisations


def unit(
    name: str, full: int, *, street: str = "云溪街道", trade: str = "快递", workers: int = 10, **about: int
) -> Scope:
    return Scope(
        scope="unit", name_key=name, label=name, street=street, trade=trade, workers=workers, worker_rows=workers,
        full_members=full, probationary=about.get("probationary", 0), floating=about.get("floating", 0), leads=0,
        organisation=None, org_kind=None, street_org="云溪街道党工委",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("full", "probationary", "words", "missing"),
    [
        (3, 0, "应建党支部", 0),
        (2, 1, "选派党建工作指导员（正式党员2名、预备党员1名，还差1名正式党员）", 1),
        (7, 0, "应设支委会", 0),
        (40, 10, "一般可设党总支，须报批", 0),
        (99, 1, "一般可设党委，须报批", 0),
        (0, 3, "还差3名正式党员", 3),
    ],
)
def test_only_full_members_make_a_branch(full: int, probationary: int, words: str, missing: int) -> None:
    advice = advise(unit("甲", full, probationary=probationary), {}, SIZES)
    assert words in (advice.text or "")
    assert advice.missing == missing


def test_neighbours_of_one_street_join_before_those_of_one_trade() -> None:
    units = [unit("甲", 2), unit("乙", 1, trade="外卖配送"), unit("丙", 1, street="石栈街道")]
    joint = joint_branches(units, SIZES)
    assert (joint["甲"].partners, joint["甲"].reason) == (("乙",), "同在云溪街道")
    assert "丙" not in joint
    assert "同在云溪街道，合计正式党员3名" in (advise(units[0], joint, SIZES).text or "")


def test_two_with_one_each_give_two_branches_not_one_large() -> None:
    joint = joint_branches([unit("甲", 2), unit("乙", 2), unit("丙", 1), unit("丁", 1)], SIZES)
    assert set(joint) == {"甲", "乙", "丙", "丁"}
    assert {one.full_members for one in joint.values()} == {3}


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("云石望"), st.sampled_from("快外")), max_size=25))
def test_every_joint_branch_is_large_enough_small_enough_and_near(drawn: list[tuple[int, str, str]]) -> None:
    units = [unit(f"单位{turn}", full, street=s, trade=t) for turn, (full, s, t) in enumerate(drawn)]
    by_name = {one.name_key: one for one in units}
    for name, joint in joint_branches(units, SIZES).items():
        some = [by_name[name], *(by_name[other] for other in joint.partners)]
        assert len(some) <= SIZES.joint_units_at_most
        assert sum(one.full_members for one in some) == joint.full_members >= SIZES.branch_full_members
        assert len({one.street for one in some}) == 1 or len({one.trade for one in some}) == 1
