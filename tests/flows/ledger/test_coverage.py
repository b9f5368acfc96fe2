"""应建尽建: what is to be set up in a unit, by full members, and with whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.ledger.coverage import CoverageScope, Surroundings, advise
from flows.ledger.joining import SharedBranch, joint_branches
from flows.ledger.lines import lines_of
from schemas.policy import load_policy

SIZES = load_policy().organisations
AROUND = Surroundings(SIZES)


def unit(
    name: str, full: int, *, street: str = "云溪街道", trade: str = "快递", workers: int = 10, **about: int
) -> CoverageScope:
    return CoverageScope(
        scope="unit", name_key=name, label=name, street=street, trade=trade, workers=workers, worker_rows=workers,
        full_members=full, probationary=about.get("probationary", 0), floating=about.get("floating", 0), leads=0,
        open_full=full - about.get("taken_in", 0), open_probationary=about.get("probationary", 0),
        organisation=None, org_kind=None, street_org="云溪街道党工委", is_registered=True,
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
    advice = advise(unit("甲", full, probationary=probationary), AROUND)
    assert words in (advice.text or "")
    assert advice.missing == missing


def test_members_whom_a_branch_has_already_are_not_counted_again() -> None:
    advice = advise(unit("甲", 4, taken_in=2), AROUND)
    assert advice.text == "选派党建工作指导员（正式党员2名、预备党员0名；另有2名已在相关党支部，还差1名正式党员）"


def test_twelve_floating_drivers_in_three_lines_make_three_floating_branches() -> None:
    around = Surroundings(SIZES, lines={"甲": {"网约车": 4, "出租车": 4, "货运": 4}})
    advice = advise(unit("甲", 0, floating=12), around)
    assert advice.text == "流动党员12名，应按业务线组建流动党员党支部3个（出租车4名、网约车4名、货运4名）"
    assert advice.missing is None


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            {"一队": 5, "二队": 3, "三队": 1},
            "流动党员9名，应按业务线组建流动党员党支部2个（一队5名、二队3名，其余1名编入其中）",
        ),
        ({"一队": 2, "二队": 2}, "流动党员4名，应建流动党员党支部"),
        ({None: 3}, "流动党员3名，应建流动党员党支部"),
        ({"一队": 2}, "流动党员2名，编入云溪街道流动党员党支部"),
    ],
)
def test_floating_branches_follow_the_lines_that_are_large_enough(lines: dict[str | None, int], text: str) -> None:
    branch = SharedBranch(1, "云溪街道流动党员党支部", "流动党员党支部", "云溪街道", (), 0)
    around = Surroundings(SIZES, lines={"甲": lines}, branches=(branch,))
    assert advise(unit("甲", 0, floating=sum(lines.values())), around).text == text


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([(("一队", "快车", "网约车", "甲"), 4), (("二队", "快车", "网约车", "甲"), 4)], {"一队": 4, "二队": 4}),
        ([((None, "快车", "网约车", "甲"), 3), ((None, "专车", "网约车", "甲"), 3)], {"快车": 3, "专车": 3}),
        ([((None, None, "网约车", "甲"), 3), ((None, None, "货运", "甲"), 5)], {"网约车": 3, "货运": 5}),
        ([((None, None, "网约车", "甲"), 3), ((None, None, "网约车", "乙"), 3)], {"甲": 3, "乙": 3}),
        ([(("一队", None, "网约车", "甲"), 2), (("二队", None, "网约车", "甲"), 2)], {None: 4}),
    ],
)
def test_a_line_is_what_parts_the_floating_members_into_branches(
    rows: list[tuple[tuple[str | None, ...], int]], lines: dict[str | None, int]
) -> None:
    assert lines_of(rows, 3) == lines


def test_neighbours_of_one_street_join_before_those_of_one_trade() -> None:
    units = [unit("甲", 2), unit("乙", 1, trade="外卖配送"), unit("丙", 1, street="石栈街道", trade="货运")]
    joint = joint_branches(units, SIZES)
    assert (joint["甲"].partners, joint["甲"].reason) == (("乙",), "同在云溪街道")
    assert "丙" not in joint
    text = advise(units[0], Surroundings(SIZES, joint)).text or ""
    assert "同在云溪街道，合计正式党员3名" in text


def test_two_with_one_each_give_two_branches_not_one_large() -> None:
    joint = joint_branches([unit("甲", 2), unit("乙", 2), unit("丙", 1), unit("丁", 1)], SIZES)
    assert set(joint) == {"甲", "乙", "丙", "丁"}
    assert {one.full_members for one in joint.values()} == {3}


def test_seven_units_of_which_six_fit_do_not_leave_one_out() -> None:
    joint = joint_branches([unit(name, 1) for name in "甲乙丙丁戊己庚"], SIZES)
    assert set(joint) == set("甲乙丙丁戊己庚")
    assert sorted(one.full_members for one in joint.values()) == [3, 3, 3, 4, 4, 4, 4]


def test_two_homes_with_different_keys_pair_the_same_small_units() -> None:
    names, homes = "甲乙丙丁戊己庚", []
    for keys in (names, names[::-1], "丁甲庚丙乙己戊"):
        units = [replace(unit(name, 1), name_key=f"U{key}") for name, key in zip(names, keys, strict=True)]
        joint = joint_branches(units, SIZES)
        homes.append({frozenset((one.label, *joint[one.name_key].partners)) for one in units})
    assert sorted(map(len, homes[0])) == [3, 4]
    assert homes[1] == homes[2] == homes[0]


def test_of_two_units_of_one_name_the_credit_code_says_which_comes_first() -> None:
    codes = {"1": "91500113MA5U2C3D4E", "2": "91500113MA5U2C3D9E"}
    pairs = []
    for keys in (("A", "B"), ("B", "A")):
        units = [replace(unit("丙", 2), credit_code="9"), replace(unit("丁", 2), credit_code="9")]
        units += [
            replace(unit("甲", 1), name_key=key, credit_code=codes[n], workers=int(n))
            for key, n in zip(keys, "12", strict=True)
        ]
        joint = joint_branches(units, SIZES)
        pairs.append({one.credit_code: joint[one.name_key].partners for one in units[2:]})
    assert pairs[0] == pairs[1]


def test_a_joint_branch_that_is_there_is_joined_first_while_it_has_room() -> None:
    there = SharedBranch(1, "云溪联合党支部", "联合党支部", "云溪街道", (), 4)
    joint = joint_branches([unit("丙", 1), unit("乙", 2), unit("甲", 1)], SIZES, [there])
    assert joint["丙"].existing == "云溪联合党支部"
    assert set(joint["乙"].partners) == {"甲"}


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("云石望"), st.sampled_from("快外")), max_size=25))
def test_every_joint_branch_is_large_enough_small_enough_and_near(drawn: list[tuple[int, str, str]]) -> None:
    units = [unit(f"单位{turn}", full, street=s, trade=t) for turn, (full, s, t) in enumerate(drawn)]
    by_name = {one.name_key: one for one in units}
    for name, joint in joint_branches((one for one in units if 0 < one.open_full < 3), SIZES).items():
        some = [by_name[name], *(by_name[other] for other in joint.partners)]
        assert len(some) <= SIZES.joint_units_at_most
        assert sum(one.full_members for one in some) == joint.full_members >= SIZES.branch_full_members
        assert len({one.street for one in some}) == 1 or len({one.trade for one in some}) == 1
