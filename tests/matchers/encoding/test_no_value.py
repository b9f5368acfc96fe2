"""Numbers that are nobody's never link strangers, in either engine; one day off in a birth date is no veto."""

from __future__ import annotations

from importlib import resources

import pyarrow as pa
import pytest

from matchers.encoding.ids import KINDS, encode_ids
from matchers.encoding.numbers import encode_phones
from matchers.linking import link
from matchers.model.district import district_model
from matchers.model.link_model import LinkModel, parse_link_model
from tests.matchers.conftest import full_id

IDS = ("row_id", "row_id")
GIVEN = "伟芳娜敏静丽强磊军洋"


def people() -> LinkModel:
    return parse_link_model((resources.files("matchers.models") / "people.toml").read_text("utf-8"), "people")


def row(side: str, number: int, **shown: str | None) -> dict[str, str | None]:
    empty = dict.fromkeys(("id_number", "phone", "birth_date", "sex", "district", "employer"))
    return {"row_id": f"{side}{number}", "name": f"王{GIVEN[number % 10]}{GIVEN[number // 10 % 10]}", **empty, **shown}


def townspeople(side: str) -> list[dict[str, str | None]]:
    """Two hundred of a side whom nobody on the other knows."""
    region, last, first = {"l": ("500113", "明", 3), "r": ("510107", "红", 5)}[side]
    return [
        row(
            side,
            1000 + n,
            name="李张刘陈杨赵黄周吴徐"[n % 10] + GIVEN[n // 10 % 10] + last,
            id_number=full_id(region, f"19{60 + n % 40}0{1 + n % 9}1{n % 10}", f"{n + 1:03d}"),
            phone=f"1{first}7{n * 7919 % 10**8:08d}",
        )
        for n in range(200)
    ]


# One a row: what both strangers of one name show.
NOBODYS = [
    {"phone": "13800000000"}, {"phone": "13800138000"}, {"phone": "13912345678"}, {"phone": "18888888888"},
    {"phone": "19987654321"}, {"id_number": "111111111111111111"}, {"id_number": "222222222222222222"},
    {"id_number": "123456789012345678"}, {"id_number": "000000000000000000"}, {"id_number": "987654321098765432"},
    {"id_number": "50011319930230001X"}, {"id_number": "500113193313220014"}, {"id_number": "500113199301200000"},
    {"id_number": full_id("500113", "18200101", "001")}, {"id_number": "50011319930120123" + "0"},
    {"id_number": "99999999999999999X"},
]  # fmt: skip


@pytest.mark.parametrize("model", [people(), district_model()], ids=["people", "person_cn"])
def test_what_is_nobodys_links_no_two_of_one_name(model: LinkModel) -> None:
    sides = [
        pa.Table.from_pylist([*(row(side, n, **shown) for n, shown in enumerate(NOBODYS)), *townspeople(side)])
        for side in "lr"
    ]
    found = link(*sides, model, ids=IDS).to_pylist()
    assert [pair["left_id"] for pair in found if pair["decision"] == "link"] == []
    strangers = [pair for pair in found if int(pair["left_id"][1:]) < 1000]
    assert all(pair["levels"]["phone"] == "null" for pair in strangers)
    assert all(pair["levels"]["id_number"] == "null" for pair in strangers)


@pytest.mark.parametrize("model", [people(), district_model()], ids=["people", "person_cn"])
@pytest.mark.parametrize("shown", [{"phone": "13977001234"}, {"id_number": full_id()}], ids=["phone", "ID"])
def test_a_number_beside_many_names_is_nobodys(model: LinkModel, shown: dict[str, str]) -> None:
    office = [row("l", n, **shown) for n in range(12)]
    sides = [pa.Table.from_pylist([*rows, *townspeople(side)]) for side, rows in
             (("l", office), ("r", [row("r", 3, **shown)]))]  # fmt: skip
    assert not [pair for pair in link(*sides, model, ids=IDS).to_pylist() if pair["decision"] == "link"]
    alone = pa.Table.from_pylist([office[3], *townspeople("l")])
    assert [pair["left_id"] for pair in link(alone, sides[1], model, ids=IDS).to_pylist()] == ["l3"]


def test_an_id_with_a_failed_check_digit_agrees_with_nothing_but_may_be_a_slip_of_a_valid_one() -> None:
    valid = full_id("500113", "19900307", "851")
    slip = valid[:16] + str((int(valid[16]) + 1) % 10) + valid[17]
    kinds = encode_ids(pa.array([valid, slip, valid[:14] + "0000", "500113********1234"])).kind.tolist()
    assert kinds == [KINDS["full"], KINDS["invalid"], KINDS["none"], KINDS["masked"]]
    sides = [
        pa.Table.from_pylist([row(side, 5, id_number=slip if side == "l" else other), *townspeople(side)])
        for side, other in (("l", ""), ("r", valid))
    ]
    (asked,) = [pair for pair in link(*sides, district_model(), ids=IDS).to_pylist() if pair["left_id"] == "l5"]
    assert (asked["decision"], asked["levels"]["id_number"]) == ("review", "one_digit")


def test_dummy_phones_show_nothing_and_others_all() -> None:
    texts = ["13800000000", "13812345678", "13987654321", "13900001111", "17712345679", "13800138000"]
    assert (encode_phones(pa.array(texts))[1] != 0).tolist() == [False, False, False, True, True, False]


ONE_DAY = [
    ("1990-03-07", "1990-03-08", True), ("1990-12-31", "1991-01-01", True), ("1992-02-29", "1992-03-01", True),
    ("1991-02-28", "1991-03-01", True), ("1992-02-28", "1992-03-01", False), ("1990-04-30", "1990-05-01", True),
    ("1990-01-30", "1990-02-01", False), ("1990-03-07", "1990-03-09", False), ("1990-03-07", "1990-03-07", False),
]  # fmt: skip


def test_one_day_off_in_a_birth_date_is_weighed_and_no_veto() -> None:
    def shown(side: str, at: int) -> list[dict[str, str | None]]:
        return [row(side, n, phone=f"1397700{n:04d}", birth_date=str(case[at])) for n, case in enumerate(ONE_DAY)]

    sides = [pa.Table.from_pylist([*shown(side, at), *townspeople(side)]) for at, side in enumerate("lr")]
    found = {int(pair["left_id"][1:]): pair for pair in link(*sides, district_model(), ids=IDS).to_pylist()}
    for n, (one, other, next_day) in enumerate(ONE_DAY):
        level = "one_day" if next_day else "full" if one == other else "conflict"
        assert found[n]["levels"]["birth_date"] == level
        assert found[n]["decision"] == ("reject" if level == "conflict" else "link")
