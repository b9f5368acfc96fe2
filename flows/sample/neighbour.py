"""One entry per person of two districts: a worker here who is a member there, or a member here who works there.

The neighbour is a sample of its own, drawn from its seed and size; its files need not be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.sample.options import SampleOptions, data
from flows.sample.people import Flags, Numbers, SamplePeople
from flows.sample.roles import Roles

TRUTH = "neighbour.parquet"
_GROWN = np.timedelta64(19 * 365, "D")


@dataclass(frozen=True)
class Shared:
    """Places of the persons here, and the same persons' places in the neighbour's sample."""

    own: Numbers
    neighbours: Numbers
    works_here: Flags
    """Whether a person works here and is a member there; else it is the other way round."""

    def write(self, folder: Path) -> None:
        """Write the truth beside that of the night."""
        words = ["works_here" if entry else "member_here" for entry in self.works_here]
        table = pa.table({
            "person": pa.array([f"P{entry:06d}" for entry in self.own], pa.string()),
            "neighbour_person": pa.array([f"P{neighbour:06d}" for neighbour in self.neighbours], pa.string()),
            "standing": pa.array(words, pa.string()),
        })  # fmt: skip
        pq.write_table(table, folder / TRUTH, compression="zstd")


def share_people(
    rng: np.random.Generator, own: tuple[SamplePeople, Roles], other: tuple[SamplePeople, Roles], options: SampleOptions
) -> Shared:
    """Put persons of the neighbour in the places of persons here, in place.

    Only people without a story of their own are moved, so that every other truth of both districts stays as it was.
    """
    (people, roles), (people_there, roles_there) = own, other
    rates = data("rates.toml")["neighbour"]
    free_here, free_there = (_free(entry, kind, options) for entry, kind in (own, other))
    works = (free_here & ~roles.on_roll, free_there & roles_there.on_roll)
    belongs = (free_here & roles.on_roll, free_there & ~roles_there.on_roll)
    workers, other_workers = (np.arange(len(entry)) < entry.workers for entry in (people, people_there))
    riders = _draw(rng, works[0] & workers, works[1] & ~other_workers, round(rates["works_here"] * people.workers))
    members = _draw(
        rng, belongs[0] & ~workers, belongs[1] & other_workers,
        round(rates["member_here"] * int(roles.on_roll.sum())),
    )  # fmt: skip
    shared = Shared(
        np.concatenate([riders[0], members[0]]), np.concatenate([riders[1], members[1]]),
        np.arange(len(riders[0]) + len(members[0])) < len(riders[0]),
    )  # fmt: skip
    _put(people, people_there, shared)
    roles.joined[members[0]] = np.maximum(roles.joined[members[0]], people.birth[members[0]] + _GROWN)
    return shared


def _free(people: SamplePeople, roles: Roles, options: SampleOptions) -> Flags:
    """Of working age, and nobody looks for them."""
    ages = (np.datetime64(options.as_of, "D") - people.birth).astype(int) / 365.25
    free: Flags = (roles.story == "") & (ages > 22) & (ages < 58)
    return free


def _draw(rng: np.random.Generator, here: Flags, there: Flags, count: int) -> tuple[Numbers, Numbers]:
    some, others = rng.permutation(np.flatnonzero(here)), rng.permutation(np.flatnonzero(there))
    count = min(count, len(some), len(others))
    return some[:count], others[:count]


def _put(people: SamplePeople, other: SamplePeople, shared: Shared) -> None:
    for name in ("female", "birth", "region", "sequence", "ethnicity", "phone", "old_phone"):
        getattr(people, name)[shared.own] = getattr(other, name)[shared.neighbours]
    for name in ("surname", "given"):
        getattr(people.names, name)[shared.own] = getattr(other.names, name)[shared.neighbours]
