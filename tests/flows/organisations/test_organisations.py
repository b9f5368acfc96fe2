"""A branch is recognised through the forms of its name, and never taken for a branch of another place."""

from __future__ import annotations

import pytest

from flows.organisations import OrganisationRegister, RegisterRow, read_name

REGISTER = OrganisationRegister(
    [
        RegisterRow(1, "001", "中共澜江区龙洲街道工作委员会", None, "龙洲街道"),
        RegisterRow(2, "002", "中共澜江区石栈街道工作委员会", None, "石栈街道"),
        RegisterRow(3, "010", "龙洲街道桥头社区第一党支部", "中共澜江区龙洲街道工作委员会", "龙洲街道"),
        RegisterRow(4, "011", "石栈街道柳林社区党支部", "石栈街道柳林社区党总支", "石栈街道"),
        RegisterRow(5, "012", "中共石栈街道柳林社区总支部委员会", "2", "石栈街道"),
        RegisterRow(6, "020", "澜江区外卖行业党委"),
        RegisterRow(7, "013", "石栈街道流动党员党支部", "石栈街道党工委", "石栈街道"),
        RegisterRow(8, "014", "澜江区市场监督管理局机关党支部"),
        RegisterRow(9, "0000-61156", "澜江区渔港党支部"),
        RegisterRow(10, "0-71", "澜江区船坞党支部"),
        RegisterRow(11, "00-71", "澜江区渡头党支部"),
    ],
    "澜江区",
)


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("石栈街道柳林社区党支部", None, 4),
        ("中共澜江区石栈街道柳林社区支部委员会", None, 4),
        ("中国共产党重庆市澜江区石栈街道柳林社区支部委员会", None, 4),
        ("澜江区石栈街道柳林社区党支部", None, 4),
        ("中共渝州市澜江区石栈街道柳林社区支部委员会", None, 4),  # 州 ends no region by itself
        ("中共广州市天河区石栈街道柳林社区支部委员会", None, None),
        ("澜江石栈街道柳林社区党支部", None, 4),
        ("柳林社区党支部", None, 4),
        ("石栈街道柳林社区居委会党支部", None, 4),
        ("石栈街道柳林社区", None, 4),  # a branch and a general branch bear it: a member's home is the branch
        ("柳林支部", "011", 4),
        ("柳林支部", "11", 4),
        ("柳林支部", "11.0", 4),
        ("柳林支部", "'011", 4),
        ("柳林支部", " ０１１ ", 4),
        ("柳林支部", "0-11", 4),
        ("柳林支部", "000-061-156", 9),
        ("柳林支部", "000061156", 9),
        ("柳林支部", "07-1", None),  # two codes without their separators
        ("柳林支部", "0-71", 10),
        ("011", None, 4),
        ("0011", None, 4),
        ("第011", None, None),
        ("柳林支部", None, None),
        ("石栈街道柳林社区党总支", None, 5),
        ("龙洲街道桥头社区第1支部委员会", None, 3),
        ("龙洲街道桥头社区第一支部", None, 3),
        ("龙洲街道桥头社区第二党支部", None, None),
        ("石栈街道党工委", None, 2),
        ("中共澜江区石栈街道委员会", None, 2),
        ("石栈街道流动支部", None, 7),
        ("中共澜江区外卖行业委员会", None, 6),
        ("湖北省黄冈市罗田县大河岸镇某村党支部", None, None),
        ("湖北省黄冈市罗田县石栈街道柳林社区党支部", None, None),
        ("邻区红旗社区党支部", None, None),
        ("外省某县某村党支部", None, None),
        ("澜江区市场监督管理局机关支部委员会", None, 8),
        (None, None, None),
        ("", "", None),
    ],
)
def test_a_branch_is_found_through_the_forms_of_its_name(name: str | None, code: str | None, found: int | None) -> None:
    assert REGISTER.find(name, code) == found


def test_a_committee_stands_over_the_branches_below_it_through_every_form_of_its_name() -> None:
    assert REGISTER.above(4) == (5, 2)
    branch = ("中共石栈街道柳林社区支部委员会", None)
    for over in ("中共澜江区石栈街道工作委员会", "石栈街道党工委", "石栈街道柳林社区党总支", branch[0]):
        assert REGISTER.is_at_or_above(over, branch), over
    for other in ("中共澜江区龙洲街道工作委员会", "澜江区外卖行业党委", "邻区红旗社区党支部", None):
        assert not REGISTER.is_at_or_above(other, branch), other


def test_a_code_in_place_of_a_name_is_that_branch_and_no_other() -> None:
    for branch in (("柳林支部", "'011"), ("石栈街道柳林社区党支部", None)):
        assert REGISTER.is_at_or_above("011", branch)
        assert REGISTER.is_at_or_above("012.0", branch)
        assert not REGISTER.is_at_or_above("010", branch)
    assert REGISTER.is_at_or_above("0500-777", ("外省某村党支部", "500777"))
    assert not REGISTER.is_at_or_above("500778", ("外省某村党支部", "500777"))


def test_branches_outside_the_register_are_the_same_only_where_place_and_region_agree() -> None:
    assert REGISTER.same("湖北省罗田县河铺村党支部", "中共罗田县河铺村支部委员会")
    assert REGISTER.same("邻区红旗社区党支部", "中共邻区红旗社区支部委员会")
    assert not REGISTER.same("罗田县河铺村党支部", "英山县河铺村党支部")
    assert not REGISTER.same("邻区红旗社区党支部", "邻区红旗社区党总支")


def test_words_that_only_look_like_regions_are_none() -> None:
    for name in ("柳林社区党支部", "工业园区党支部", "农贸市场党支部", "城市管理局党支部", "高新开发区党支部"):
        read = read_name(name)
        assert read is not None
        assert read.regions == (), name
