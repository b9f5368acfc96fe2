"""How an enquiry and a row fit, and what is said of it: places of digits, never the digits."""

from __future__ import annotations

from datetime import date

import pytest

from flows.counter.comparing import (
    Person,
    SidesComparison,
    ValueFit,
    compare_ids,
    compare_names,
    compare_phones,
    compared,
)
from flows.counter.enquiry import NumberKind, enquiry_of
from schemas.errors import InputError
from tests.browser.district import id_number

ID = id_number(date(1988, 3, 5), 131)
WRONG = ID[:9] + str((int(ID[9]) + 1) % 10) + ID[10:]
SWAPPED = ID[:7] + ID[8] + ID[7] + ID[9:]


@pytest.mark.parametrize(
    ("one", "other", "fit", "said"),
    [
        (ID, ID, ValueFit.SAME, "证件号相同"),
        (ID, WRONG, ValueFit.NEAR, "第10位不同"),
        (ID, SWAPPED, ValueFit.NEAR, "第8、9位对调"),
        (ID, f"{ID[:6]}********{ID[-4:]}", ValueFit.HIDDEN, "只显示10位，这10位相同"),
        (ID, f"{ID[:6]}********{int(ID[-4]) ^ 1}{ID[-3:]}", ValueFit.DIFFERENT, "显示的第15位不同"),
        (ID, f"{ID[:15]}000", ValueFit.HEAD, "前15位相同"),
        (ID, "110101199003070011", ValueFit.DIFFERENT, "证件号不同"),
        (ID, ID[:17], ValueFit.DIFFERENT, "位数不同（18位与17位）"),
        (ID, f"{ID[0]}***{ID[-1]}", ValueFit.HIDDEN, "只显示2位"),
        (ID, "", ValueFit.SILENT, ""),
    ],
)
def test_which_digit_of_an_id_differs_is_said_by_its_place(one: str, other: str, fit: ValueFit, said: str) -> None:
    for found in (compare_ids(one, other), compare_ids(other, one)):
        assert found.fit == fit
        assert said in found.sentence or said.startswith("位数不同")
        assert not {one, other} & set(found.sentence.split())
        assert all(part not in found.sentence for part in (ID[6:14], ID[-4:]))


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("张伟", "张伟", ValueFit.SAME),
        ("张伟", "张玮", ValueFit.NEAR),
        ("张伟东", "张东伟", ValueFit.NEAR),
        ("张伟", "张*", ValueFit.HIDDEN),
        ("张小伟", "张*伟", ValueFit.HIDDEN),
        ("张伟", "李*", ValueFit.DIFFERENT),
        ("张伟", "*强", ValueFit.DIFFERENT),
        ("张伟", "张强", ValueFit.DIFFERENT),
        ("", "张强", ValueFit.SILENT),
    ],
)
def test_names(one: str, other: str, fit: ValueFit) -> None:
    assert compare_names(one, other).fit == compare_names(other, one).fit == fit


def test_only_what_the_row_lacks_is_said_not_what_nobody_asked() -> None:
    assert (compare_ids(ID, "").sentence, compare_ids("", ID).sentence) == ("没有证件号", "")
    assert (compare_phones(("13912345678",), ()).sentence, compare_phones((), ("13912345678",)).sentence) == (
        "没有手机号",
        "",
    )


def test_the_best_of_several_telephones_counts() -> None:
    phones = ("13912345678",)
    assert compare_phones(phones, ("13800000001", "13912345678")).fit == ValueFit.SAME
    assert compare_phones(phones, ("139****5678",)).fit == ValueFit.HIDDEN
    near = compare_phones(phones, ("13912345679",))
    assert (near.fit, near.sentence) == (ValueFit.NEAR, "手机号第11位不同，其余相同")
    assert compare_phones(phones, ()).fit == ValueFit.SILENT


def person(name: str, number: str, *phones: str) -> Person:
    return Person(name, number, phones)


@pytest.mark.parametrize(
    ("other", "near", "sure"),
    [
        (person("张伟", ID), True, True),
        (person("", ID), True, True),
        (person("李强", ID), True, False),
        (person("张伟", WRONG), True, False),
        (person("张*", f"{ID[:6]}********{ID[-4:]}"), True, False),
        (person("张*", f"{ID[0]}{'*' * 16}{ID[-1]}"), False, False),
        (person("张伟", ""), False, False),
        (person("李*", f"{ID[:6]}********{ID[-4:]}"), False, False),
    ],
)
def test_no_row_is_taken_for_the_person_without_a_whole_number_and_against_another_name(
    other: Person, near: bool, sure: bool
) -> None:
    found: SidesComparison = compared(person("张伟", ID), other)
    assert (found.is_near, found.is_person) == (near, sure)


@pytest.mark.parametrize(
    ("typed", "number", "kind"),
    [
        (f" {ID[:6]} {ID[6:14]} {ID[14:].lower()} ", ID, NumberKind.ID),
        (ID.replace("0", "０"), ID, NumberKind.ID),
        ("+86 139-1234-5678", "13912345678", NumberKind.PHONE),
        ("261119-BCDFGHJKMN", "261119-BCDFGHJKMN", NumberKind.TASK),
        ("50990001", "50990001", NumberKind.OWN),
        (ID[:6] + ID[8:17], None, NumberKind.ID),
    ],
)
def test_a_number_is_known_however_it_is_typed(typed: str, number: str | None, kind: NumberKind) -> None:
    found = enquiry_of(" 張 伟 ", typed)
    assert (found.kind, found.name) == (kind, "张伟")
    assert found.number == (number or ID)


def test_a_name_alone_is_no_enquiry() -> None:
    with pytest.raises(InputError, match="请输入号码"):
        enquiry_of("张伟", "  ")
