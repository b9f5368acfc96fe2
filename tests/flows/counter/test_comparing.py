"""How an enquiry and a row fit, and what is said of it: places of digits, never the digits."""

from __future__ import annotations

from datetime import date

import pytest

from flows.counter.comparing import Comparison, Fit, Person, compare_ids, compare_names, compare_phones, compared
from flows.counter.enquiry import Kind, enquiry_of
from schemas.errors import InputError
from tests.browser.district import id_number

ID = id_number(date(1988, 3, 5), 131)
WRONG = ID[:9] + str((int(ID[9]) + 1) % 10) + ID[10:]
SWAPPED = ID[:7] + ID[8] + ID[7] + ID[9:]


@pytest.mark.parametrize(
    ("one", "other", "fit", "said"),
    [
        (ID, ID, Fit.SAME, "证件号相同"),
        (ID, WRONG, Fit.NEAR, "第10位不同"),
        (ID, SWAPPED, Fit.NEAR, "第8、9位对调"),
        (ID, f"{ID[:6]}********{ID[-4:]}", Fit.HIDDEN, "只显示10位，这10位相同"),
        (ID, f"{ID[:6]}********{int(ID[-4]) ^ 1}{ID[-3:]}", Fit.DIFFERENT, "显示的第15位不同"),
        (ID, f"{ID[:15]}000", Fit.HEAD, "前15位相同"),
        (ID, "110101199003070011", Fit.DIFFERENT, "证件号不同"),
        (ID, ID[:17], Fit.DIFFERENT, "位数不同（18位与17位）"),
        (ID, f"{ID[0]}***{ID[-1]}", Fit.HIDDEN, "只显示2位"),
        (ID, "", Fit.SILENT, ""),
    ],
)
def test_which_digit_of_an_id_differs_is_said_by_its_place(one: str, other: str, fit: Fit, said: str) -> None:
    for found in (compare_ids(one, other), compare_ids(other, one)):
        assert found.fit == fit
        assert said in found.sentence or said.startswith("位数不同")
        assert not {one, other} & set(found.sentence.split())
        assert all(part not in found.sentence for part in (ID[6:14], ID[-4:]))


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("张伟", "张伟", Fit.SAME),
        ("张伟", "张玮", Fit.NEAR),
        ("张伟东", "张东伟", Fit.NEAR),
        ("张伟", "张*", Fit.HIDDEN),
        ("张小伟", "张*伟", Fit.HIDDEN),
        ("张伟", "李*", Fit.DIFFERENT),
        ("张伟", "*强", Fit.DIFFERENT),
        ("张伟", "张强", Fit.DIFFERENT),
        ("", "张强", Fit.SILENT),
    ],
)
def test_names(one: str, other: str, fit: Fit) -> None:
    assert compare_names(one, other).fit == compare_names(other, one).fit == fit


def test_only_what_the_row_lacks_is_said_not_what_nobody_asked() -> None:
    assert (compare_ids(ID, "").sentence, compare_ids("", ID).sentence) == ("没有证件号", "")
    assert (compare_phones(("13912345678",), ()).sentence, compare_phones((), ("13912345678",)).sentence) == (
        "没有手机号",
        "",
    )


def test_the_best_of_several_telephones_counts() -> None:
    phones = ("13912345678",)
    assert compare_phones(phones, ("13800000001", "13912345678")).fit == Fit.SAME
    assert compare_phones(phones, ("139****5678",)).fit == Fit.HIDDEN
    near = compare_phones(phones, ("13912345679",))
    assert (near.fit, near.sentence) == (Fit.NEAR, "手机号第11位不同，其余相同")
    assert compare_phones(phones, ()).fit == Fit.SILENT


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
    found: Comparison = compared(person("张伟", ID), other)
    assert (found.is_near, found.is_person) == (near, sure)


@pytest.mark.parametrize(
    ("typed", "number", "kind"),
    [
        (f" {ID[:6]} {ID[6:14]} {ID[14:].lower()} ", ID, Kind.ID),
        (ID.replace("0", "０"), ID, Kind.ID),
        ("+86 139-1234-5678", "13912345678", Kind.PHONE),
        ("261119-BCDFGHJKMN", "261119-BCDFGHJKMN", Kind.TASK),
        ("50990001", "50990001", Kind.OWN),
        (ID[:6] + ID[8:17], None, Kind.ID),
    ],
)
def test_a_number_is_known_however_it_is_typed(typed: str, number: str | None, kind: Kind) -> None:
    found = enquiry_of(" 張 伟 ", typed)
    assert (found.kind, found.name) == (kind, "张伟")
    assert found.number == (number or ID)


def test_a_name_alone_is_no_enquiry() -> None:
    with pytest.raises(InputError, match="请输入号码"):
        enquiry_of("张伟", "  ")
