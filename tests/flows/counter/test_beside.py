"""Why two rows are not linked is what the night's own levels and tiers say, in the tier's words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from flows.counter.beside import decided_words, rows_beside
from flows.counter.comparing import Person
from flows.counter.originals import FirstGlance
from flows.home.settings import Settings, model_of
from flows.originals import Record
from tests.browser.district import id_number

BORN = date(1988, 3, 5)
ID, OTHER_ID, PHONE = id_number(BORN, 131), id_number(date(1979, 1, 9), 135), "13947205816"
MODEL = model_of(Settings())


def record(**cells: Any) -> Record:
    return Record("某处", {}, {"name": "张伟东", "phones": [], **cells})


MEMBER = record(id_number=ID, birth_date=BORN, phones=[PHONE])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": "张*", "id_number": f"{ID[:6]}********{ID[-4:]}"}, "不连也不列：姓名有遮掩"),
        ({"birth_date": BORN}, "交人核对：姓名和出生日期一致"),
        ({"birth_date": date(1990, 1, 1)}, "不连也不列：出生日期不同"),
        ({"id_number": ID, "name": "李四"}, "交人核对：身份证号完整一致，但姓名不符"),
        ({"id_number": OTHER_ID}, "不连也不列：身份证号可见数字不同"),
        ({"id_number": ID}, "够得上相连（身份证号完整一致，姓名相符）"),
        ({"phones": [PHONE]}, "够得上相连（姓名相符，手机"),
        ({"phones": [PHONE]}, "号码不止一人在用"),
        ({}, "没有一条分组规则"),
    ],
)
def test_a_row_beside_a_members_is_told_as_the_night_would_decide(cells: dict[str, Any], said: str) -> None:
    found = decided_words(rows_beside([record(), record(**cells)], MEMBER, MODEL)[1])
    assert said in found
    assert ID not in found
    assert PHONE not in found


@pytest.mark.parametrize(
    ("name", "number", "phones", "may"),
    [
        ("张伟东", "", (), True),
        ("李四", ID, (), True),
        ("李四", ID[:6] + "1" + ID[7:16] + "0" + ID[17:], (), True),
        ("李四", f"{ID[:15]}000", (), True),
        ("张*", f"{ID[:6]}********{ID[-4:]}", (), True),
        ("张*", f"{ID[:6]}********{int(ID[-4]) ^ 1}{ID[-3:]}", (), False),
        ("李四", "", (PHONE[:3] + "****" + PHONE[-4:],), True),
        ("李四", "", (PHONE[:10] + "9",), True),
        ("李四", OTHER_ID, ("13100000001",), False),
    ],
)
def test_no_row_that_is_near_is_passed_over_at_the_first_glance(
    name: str, number: str, phones: tuple[str, ...], may: bool
) -> None:
    assert FirstGlance.of(Person.of(MEMBER)).may_fit(name, number, phones) == may
