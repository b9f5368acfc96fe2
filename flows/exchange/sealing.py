"""Entries made into one section of a file: tokens, checks and chaff, persons in an order of chance, a block each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.entries import Entries
from flows.exchange.macs import chance_checks, chance_tokens, checks, tokens
from flows.exchange.rules import rules
from flows.exchange.token_file import FIELDS, Section, slots_of, width

Blocks = npt.NDArray[np.int64]
_SMALLEST_STEP = 256


@dataclass(frozen=True)
class Sealed:
    """A section, and what only its owner keeps: the block of each person, the rule of each entry."""

    section: Section
    persons: pa.Table
    """person, block."""
    blocks: int
    """Of all there are, chaff too."""
    rules_of: pa.Table
    """entry (place in the section), rule; chaff is not among them."""


def sealed_section(name: str, entries: Entries, per_person: int, agreement: ExchangeAgreement) -> Sealed:
    """The section of members or workers, each person a block of so many entries, chaff persons among them."""
    rows = entries.rows
    persons, inverse = np.unique(np.asarray(rows["person"], np.int64), return_inverse=True)
    blocks = _shuffled(padded(len(persons)))[: len(persons)]
    first = np.searchsorted(inverse, np.arange(len(persons)))  # rows come person by person
    offsets = _shuffled_places(len(persons), per_person)
    places = blocks[inverse] * per_person + offsets[inverse, np.arange(len(inverse)) - first[inverse]]
    count = padded(len(persons)) * per_person
    own, beside = chance_tokens(count).copy(), chance_checks(count, width(name)).copy()
    own[places] = tokens(agreement.key("token"), rows["message"].to_pylist())
    for field in FIELDS:
        beside[places, slots_of(name)[field]] = _checks(rows, field, agreement, slots_of(name)[field])
    return Sealed(
        Section(own, beside), pa.table({"person": persons, "block": blocks}), padded(len(persons)),
        pa.table({"entry": places, "rule": rows["rule"]}),
    )  # fmt: skip


def padded(persons: int) -> int:
    """Blocks of a section for so many persons: a tenth more at least, up to the next step of a coarse grid."""
    least = int(persons * (1 + rules().chaff_share)) + 1
    step = max(_SMALLEST_STEP, 1 << max(least.bit_length() - 4, 0))
    return -(-least // step) * step


def _checks(rows: pa.Table, field: str, agreement: ExchangeAgreement, slots: slice) -> npt.NDArray[np.uint32]:
    """One row per entry: the checks of a field, each salted by the message of the token it stands beside."""
    key, count = agreement.key(f"check {field}"), slots.stop - slots.start
    if not rows.num_rows:
        return np.zeros((0, count), np.uint32)
    messages, values = rows["message"].combine_chunks(), rows[field].combine_chunks()
    salted = (
        pc.binary_join_element_wise(messages, pc.list_element(values, slot), "|", null_handling="emit_null")
        for slot in range(count)
    )
    return np.stack([checks(key, entry.to_pylist()) for entry in salted], axis=1)


def _shuffled(count: int) -> Blocks:
    """Places in an order that cannot be worked out from outside."""
    drawn = np.frombuffer(secrets.token_bytes(8 * count), np.uint64)
    return np.argsort(drawn, kind="stable")


def _shuffled_places(persons: int, per_person: int) -> Blocks:
    drawn = np.frombuffer(secrets.token_bytes(8 * persons * per_person), np.uint64).reshape(persons, per_person)
    return np.argsort(drawn, axis=1, kind="stable")
