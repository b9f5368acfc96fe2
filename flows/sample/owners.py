"""Whose a phone number is, by all the files that show it whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from flows.sample.linkable import numbers_of
from flows.sample.people import Numbers
from flows.sample.sheets import Masking, SampleSheet

_OF_OTHERS = frozenset({"rented_account", "phone_employer"})


@dataclass(frozen=True)
class Owners:
    """One entry per number and person it is shown of, in order of the numbers."""

    number: Numbers
    person: Numbers

    def has(self, sheet: SampleSheet, row: int) -> bool:
        """Whether a row's number is shown of its person."""
        return bool((self._of(sheet, row) == sheet.person[row]).any())

    def others(self, sheet: SampleSheet, row: int) -> bool:
        """Whether a row's number is shown of anybody else."""
        return bool((self._of(sheet, row) != sheet.person[row]).any())

    def _of(self, sheet: SampleSheet, row: int) -> Numbers:
        number = int(sheet.phones[row] or 0)
        start, end = np.searchsorted(self.number, (number, number + 1))
        return self.person[start:end]


def owners_of_phones(sent: Iterable[tuple[SampleSheet, Numbers]]) -> Owners:
    """Of the rows that came or are carried forward; employers' numbers and rented accounts are left out."""
    numbers, people = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for sheet, rows in sent:
        own = sheet.phone_shown == Masking.FULL
        own[[row for row, tags in sheet.tags.items() if not _OF_OTHERS.isdisjoint(tags)]] = False
        some = rows[own[rows]]
        numbers.append(numbers_of(sheet.phones[some]))
        people.append(sheet.person[some])
    number, person = np.concatenate(numbers), np.concatenate(people)
    order = np.argsort(number, kind="stable")
    return Owners(number[order], person[order])
