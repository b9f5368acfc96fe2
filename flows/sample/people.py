"""People: who lives and works in the invented district, with the traps every matcher meets."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.sample.ids import Strings, draw_phones, draw_regions, draw_sequences, id_bodies, resident_ids
from flows.sample.names import Names, dot_names, draw_ethnicities, draw_names
from flows.sample.options import SampleOptions, data

Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class SamplePeople:
    """One person per place: the first `workers` work for platforms, the others only stand on the roll."""

    workers: int
    names: Names
    female: Flags
    birth: Days
    region: Strings
    sequence: Numbers
    ethnicity: Strings
    phone: Strings
    old_phone: Strings
    street: Numbers

    def __len__(self) -> int:
        return len(self.female)

    @property
    def ids(self) -> Strings:
        """The resident ID of every person."""
        return resident_ids(self.region, self.birth, self.sequence)


_DRAWS = 12
"""How often sequences are drawn before a birth date is moved."""


def draw_people(rng: np.random.Generator, options: SampleOptions) -> SamplePeople:
    """Workers and roll-only members before anybody is tied to anybody."""
    count = options.workers + options.members
    female = np.concatenate([rng.random(options.workers) < 0.18, rng.random(options.members) < 0.31])
    birth = np.concatenate([_worker_births(rng, options), _member_births(rng, options)])
    ethnicity = draw_ethnicities(rng, count)
    names = draw_names(rng, birth, female)
    dot_names(rng, names, ethnicity, female)
    phones = draw_phones(rng, 2 * count)
    people = SamplePeople(
        workers=options.workers,
        names=names,
        female=female,
        birth=birth,
        region=draw_regions(rng, count),
        sequence=draw_sequences(rng, female),
        ethnicity=ethnicity,
        phone=phones[:count].copy(),
        old_phone=phones[count:].copy(),
        street=rng.integers(0, len(data("places.toml")["streets"]), count),
    )
    _set_traps(rng, people)
    _make_ids_distinct(rng, people)
    return people


def _births(rng: np.random.Generator, ages: NDArray[Any], options: SampleOptions) -> Days:
    days = (ages * 365.2425).astype(np.int64) + rng.integers(0, 3, len(ages))
    births: Days = np.datetime64(options.as_of, "D") - days
    return births


def _worker_births(rng: np.random.Generator, options: SampleOptions) -> Days:
    ages = np.clip(rng.normal(34, 9, options.workers), 18.5 + rng.random(options.workers), 59.5)
    return _births(rng, ages, options)


def _member_births(rng: np.random.Generator, options: SampleOptions) -> Days:
    old = rng.random(options.members) < 0.29
    ages = np.where(old, 61 + rng.gamma(2.2, 5.5, options.members), rng.triangular(20, 42, 61, options.members))
    return _births(rng, np.minimum(ages, 97.0), options)


def _set_traps(rng: np.random.Generator, people: SamplePeople) -> None:
    """Homonyms with one birth date, same names, twins, families on one phone, recycled numbers, in place."""
    count, workers = len(people), people.workers
    order = rng.permutation(count)
    take = iter(
        np.split(order, np.cumsum([max(6, count // per) for per in (700, 700, 250, 250, 300, 300, 120, 120, 150, 150)]))
    )
    for left, right in ((next(take), next(take)),):
        _same_name_and_birth(people, left, right)
    for left, right in zip(next(take), next(take), strict=True):
        if people.female[left] == people.female[right]:
            people.names.surname[right], people.names.given[right] = (
                people.names.surname[left],
                people.names.given[left],
            )
    for left, right in zip(next(take), next(take), strict=True):
        _twin(people, left, right)
    for left, right in zip(next(take), next(take), strict=True):
        _family_phone(rng, people, left, right)
    for left, right in zip(next(take), next(take), strict=True):
        people.old_phone[left] = people.phone[right]
    for member, worker in zip(
        rng.integers(workers, count, max(6, workers // 600)),
        rng.integers(0, workers, max(6, workers // 600)),
        strict=True,
    ):
        _same_name_and_birth(people, np.array([member]), np.array([worker]))


def _same_name_and_birth(people: SamplePeople, left: Numbers, right: Numbers) -> None:
    for values in (people.names.surname, people.names.given, people.female, people.birth):
        values[right] = values[left]
    people.sequence[right] = people.sequence[right] // 2 * 2 + np.where(people.female[right], 0, 1)
    people.sequence[right] = np.where(people.sequence[right] == 0, 2, people.sequence[right])


def _twin(people: SamplePeople, left: int, right: int) -> None:
    people.birth[right], people.region[right] = people.birth[left], people.region[left]
    people.female[right], people.street[right] = people.female[left], people.street[left]
    people.sequence[right] = people.sequence[left] + 2 if people.sequence[left] < 996 else people.sequence[left] - 2
    given = people.names.given[left]
    second = people.names.given[right][-1]
    people.names.surname[right] = people.names.surname[left]
    people.names.given[right] = (given[0] if len(given) == 2 else "") + (second if second != given[-1] else "宁")


def _family_phone(rng: np.random.Generator, people: SamplePeople, left: int, right: int) -> None:
    """Father and child of one surname, or a couple: one number between them."""
    people.phone[right], people.street[right] = people.phone[left], people.street[left]
    if rng.random() < 0.6:
        people.names.surname[right] = people.names.surname[left]


def _make_ids_distinct(rng: np.random.Generator, people: SamplePeople) -> None:
    """Draw sequences anew, in place, until no two people have one ID.

    One day of a county has 499 sequences for each sex: of a city, more are born on some days (`_worker_births` puts all
    over 59 on three), and who finds none after many draws was born some days earlier.
    """
    bodies = id_bodies(people.region, people.birth, people.sequence)
    for turn in itertools.count():
        order = np.argsort(bodies, kind="stable")
        again = np.sort(order[1:][np.diff(bodies[order]) == 0])
        if not len(again):
            return
        if turn >= _DRAWS:
            people.birth[again] -= rng.integers(1, 29, len(again))
        people.sequence[again] = draw_sequences(rng, people.female[again])
        bodies[again] = id_bodies(people.region[again], people.birth[again], people.sequence[again])
