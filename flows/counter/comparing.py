"""One comparison per field of an enquiry, or of a record, with another record: how they fit, as a sentence says it.

Which digits differ is said by their places; the digits themselves, and the other side's name, are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from flows.counter.enquiry import Enquiry
from flows.originals import Record
from matchers.encoding.readings import reading, simplified
from schemas.people import ID_PLACES, is_valid_id

_EXCEL_HEAD, _EXCEL_TAIL = 15, "000"
_MOST_NEAR = 2


class ValueFit(IntEnum):
    """How well two values fit, the better the higher."""

    DIFFERENT = 0
    SILENT = 1
    HIDDEN = 2
    """As far as a mask shows."""
    NEAR = 3
    """A digit or two apart, or a name that sounds alike."""
    HEAD = 4
    """An ID's first 15 digits: the rest was lost in a spreadsheet."""
    SAME = 5


@dataclass(frozen=True)
class FieldComparison:
    """One field's fit, its Chinese sentence, and how many digits a mask showed."""

    fit: ValueFit
    sentence: str
    digits: int = 0


@dataclass(frozen=True)
class Person:
    """Name, ID and phones of one side; empty where it has none."""

    name: str
    id_number: str
    phones: tuple[str, ...]
    birth: str = ""
    """The day of birth as eight digits: of the ID where it shows one, else of the row."""

    @classmethod
    def of_enquiry(cls, enquiry: Enquiry) -> Person:
        """The person of an enquiry."""
        number = enquiry.id_number
        return cls(enquiry.name, number, (enquiry.phone,) if enquiry.phone else (), _born(number))

    @classmethod
    def of(cls, record: Record) -> Person:
        """The person of a record."""
        number, day = record.id_number or "", record.row.get("birth_date")
        born = _born(number) or (f"{day:%Y%m%d}" if isinstance(day, date) else "")
        return cls(simplified(record.name or ""), number, record.phones, born)


@dataclass(frozen=True)
class SidesComparison:
    """The three comparisons of two sides."""

    name: FieldComparison
    id_number: FieldComparison
    phone: FieldComparison
    birth: FieldComparison

    @property
    def is_near(self) -> bool:
        """Whether it is worth telling a clerk of: a number that fits or nearly does; a like telephone says nothing
        beside another name.
        """
        if (
            self.name.fit == ValueFit.DIFFERENT
            and self.id_number.fit < ValueFit.NEAR
            and self.phone.fit < ValueFit.SAME
        ):
            return False
        number = max(self.id_number.fit, self.phone.fit)
        shown = self.id_number.digits + self.phone.digits
        if number >= ValueFit.NEAR:
            return True
        return number == ValueFit.HIDDEN and (
            self.name.fit >= ValueFit.NEAR or (self.name.fit == ValueFit.HIDDEN and shown >= 7)
        )

    @property
    def is_person(self) -> bool:
        """Whether the record is the one asked about: a whole number is the same, and no other name stands beside it."""
        return ValueFit.SAME in (self.id_number.fit, self.phone.fit) and self.name.fit != ValueFit.DIFFERENT

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.id_number.fit, self.phone.fit, self.name.fit

    @property
    def sentence(self) -> str:
        return "；".join(
            entry.sentence for entry in (self.name, self.id_number, self.birth, self.phone) if entry.sentence
        )


def compared(person: Person, other: Person) -> SidesComparison:
    """How two sides fit, field by field."""
    return SidesComparison(
        compare_names(person.name, other.name),
        compare_ids(person.id_number, other.id_number),
        compare_phones(person.phones, other.phones),
        _compare_births(person, other),
    )


def _compare_births(person: Person, other: Person) -> FieldComparison:
    """The days of birth, told where the IDs do not tell already."""
    if not person.birth or not other.birth or (person.id_number and other.id_number):
        return FieldComparison(ValueFit.SILENT, "")
    same = person.birth == other.birth
    return (
        FieldComparison(ValueFit.SAME, "出生日期相同") if same else FieldComparison(ValueFit.DIFFERENT, "出生日期不同")
    )


def _born(id_number: str) -> str:
    return id_number[6:14] if len(id_number) == ID_PLACES and "*" not in id_number[6:14] else ""


def compare_names(one: str, other: str) -> FieldComparison:
    """Two names in simplified characters, either of which may hide some."""
    if not one or not other:
        return FieldComparison(ValueFit.SILENT, "")
    if "*" in one or "*" in other:
        fits = _masks_fit(one, other)
        return (
            FieldComparison(ValueFit.HIDDEN, "姓名打码，只显示一部分")
            if fits
            else FieldComparison(ValueFit.DIFFERENT, "姓名不同")
        )
    if one == other:
        return FieldComparison(ValueFit.SAME, "姓名相同")
    if len(one) == len(other) and [reading(sign) for sign in one] == [reading(sign) for sign in other]:
        return FieldComparison(ValueFit.NEAR, "姓名同音、字不同")
    if len(one) == len(other) > 1 and one[0] == other[0] and sorted(one) == sorted(other):
        return FieldComparison(ValueFit.NEAR, "名字前后两字颠倒")
    return FieldComparison(ValueFit.DIFFERENT, "姓名不同")


def compare_ids(one: str, other: str) -> FieldComparison:
    """Two resident IDs, either of which may be masked, damaged or of another length."""
    if not one or not other:
        return FieldComparison(ValueFit.SILENT, "没有证件号" if one else "")
    if one == other and "*" not in one:
        return FieldComparison(ValueFit.SAME, "证件号相同")
    if len(one) != len(other):
        return _of_two_lengths(one, other)
    places = _differing(one, other)
    if "*" in one or "*" in other:
        visible = sum("*" not in pair for pair in zip(one, other, strict=True))
        if places:
            return FieldComparison(ValueFit.DIFFERENT, f"证件号打码，显示的{_places(places)}不同")
        return FieldComparison(ValueFit.HIDDEN, f"证件号打码，只显示{visible}位，这{visible}位相同", visible)
    if one[:_EXCEL_HEAD] == other[:_EXCEL_HEAD] and _EXCEL_TAIL in (one[_EXCEL_HEAD:], other[_EXCEL_HEAD:]):
        return FieldComparison(ValueFit.HEAD, "证件号末3位在表格软件里变成了000，前15位相同")
    if len(places) > _MOST_NEAR:
        return FieldComparison(ValueFit.DIFFERENT, f"证件号不同（{len(places)}位不同）")
    swapped = len(places) == _MOST_NEAR and one[places[0] - 1] == other[places[1] - 1]
    both = "，两个号都有效，按两个人对待" if len(one) == ID_PLACES and is_valid_id(one) and is_valid_id(other) else ""
    if swapped and one[places[1] - 1] == other[places[0] - 1]:
        return FieldComparison(ValueFit.NEAR, f"证件号{_places(places)}对调了{both}")
    return FieldComparison(ValueFit.NEAR, f"证件号{_places(places)}不同，其余相同{both}")


def _of_two_lengths(one: str, other: str) -> FieldComparison:
    """A mask may stand for any number of digits; a whole number of another length is no resident ID."""
    if "*" not in one + other:
        return FieldComparison(ValueFit.DIFFERENT, f"证件号位数不同（{len(one)}位与{len(other)}位）")
    if not _masks_fit(one, other):
        return FieldComparison(ValueFit.DIFFERENT, "证件号打码，显示的数字不同")
    visible = sum(sign != "*" for sign in min(one, other, key=lambda text: sum(sign != "*" for sign in text)))
    return FieldComparison(ValueFit.HIDDEN, f"证件号打码，只显示{visible}位，这{visible}位相同", visible)


def compare_phones(some: tuple[str, ...], others: tuple[str, ...]) -> FieldComparison:
    """The best of every two telephones."""
    if not some or not others:
        return FieldComparison(ValueFit.SILENT, "没有手机号" if some else "")
    return max(
        (_phones(entry, other) for entry in some for other in others), key=lambda result: (result.fit, result.digits)
    )


def _phones(one: str, other: str) -> FieldComparison:
    if len(one) != len(other):
        return FieldComparison(ValueFit.DIFFERENT, "手机号不同")
    places = _differing(one, other)
    if "*" in one or "*" in other:
        visible = sum("*" not in pair for pair in zip(one, other, strict=True))
        if places:
            return FieldComparison(ValueFit.DIFFERENT, "手机号不同")
        return FieldComparison(ValueFit.HIDDEN, f"手机号打码，只显示{visible}位，这{visible}位相同", visible)
    if not places:
        return FieldComparison(ValueFit.SAME, "手机号相同")
    if len(places) == 1:
        return FieldComparison(ValueFit.NEAR, f"手机号{_places(places)}不同，其余相同")
    return FieldComparison(ValueFit.DIFFERENT, "手机号不同")


def _differing(one: str, other: str) -> list[int]:
    """Places, counted from 1, at which both show a sign and not the same."""
    return [at for at, (a, b) in enumerate(zip(one, other, strict=True), 1) if "*" not in (a, b) and a != b]


def _places(places: Iterable[int]) -> str:
    return f"第{'、'.join(map(str, places))}位"


def _masks_fit(one: str, other: str) -> bool:
    """Whether two names, of which one hides characters, may be one: heads and tails that both show are the same."""
    heads = one.split("*", 1)[0], other.split("*", 1)[0]
    tails = one.rsplit("*", 1)[-1], other.rsplit("*", 1)[-1]
    head, tail = min(map(len, heads)), min(map(len, tails))
    return heads[0][:head] == heads[1][:head] and (not tail or tails[0][-tail:] == tails[1][-tail:])
