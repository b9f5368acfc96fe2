"""Which patterns of a member are worth a link: decided by the district's own engine, on the owner's side.

Each member is held against the whole registry as the worker's row that would show no more than the pattern (name and
6+4, name and phone 3+4, …). Only where the engine links that row to that member alone is a token of the pattern made:
a common name, a shared phone or a twin has none, and no count or weight travels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flows.exchange.rules import masked, rules
from matchers.encoding.compared_names import surname_of
from matchers.encoding.readings import reading, readings, simplified
from matchers.engine import Options
from matchers.engines.district import decided_pairs, encode_rows
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted

Pattern = tuple[int, str]
"""Row number of the member and the pattern's word: `6+4`, `15+0`, `phone <number>`, each with ` sound` where the name
only sounds alike."""
SOUND = " sound"
_COLUMNS = ("row_id", "name", "sex", "birth_date", "id_number", "phones")


@dataclass(frozen=True)
class _InventedRow:
    """An invented worker's row: whose it would be, and what it shows."""

    owner: int
    pattern: str
    name: str
    id_number: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class _Registry:
    """What the invented rows are held against."""

    persons: pa.Table
    model: LinkModel
    options: Options


def worth_a_link(members: pa.Table, model: LinkModel, options: Options) -> set[Pattern]:
    """Patterns of members (`Sides.members`, on the roll, with a full ID) that the engine links to them alone."""
    registry = _Registry(members.select(list(_COLUMNS)), _over_the_border(model), options)
    people = [row for row in members.to_pylist() if row["on_roll"] and row["id_kind"] == "full"]
    alike = {row["row_id"]: homophone(row["name"]) for row in people}
    result: set[Pattern] = set()
    for sound in ("", SOUND):
        named = [(row, alike[row["row_id"]] if sound else str(row["name"])) for row in people]
        each = [(row, name) for row, name in named if name]
        for mask in ((6, 4),) if sound else ((6, 4), (15, 0)):  # beside 15 digits a twin's name may sound alike
            word = f"{mask[0]}+{mask[1]}{sound}"
            shown = [_InventedRow(row["row_id"], word, name, masked(row["id_number"], *mask)) for row, name in each]
            result |= _linked(shown, registry)
        result |= _linked(list(_phones(each, sound)), registry)
    return result


def _over_the_border(model: LinkModel) -> LinkModel:
    """The district's model with the prior between districts: the share of full IDs found here says nothing of it."""
    decisions = model.decision_rules.model_copy(update={"prior_key": None}) if model.decision_rules else None
    return model.model_copy(update={"prior": rules().prior, "decision_rules": decisions})


def _phones(each: Iterable[tuple[dict[str, Any], str]], sound: str) -> Iterator[_InventedRow]:
    for row, name in each:
        for phone in filter(is_mobile, row["phones"]):
            yield _InventedRow(row["row_id"], f"phone {phone}{sound}", name, phone=f"{phone[:3]}****{phone[-4:]}")


def is_mobile(phone: str) -> bool:
    """Eleven digits that begin with 1."""
    return len(phone) == 11 and phone.isdecimal() and phone[0] == "1"


def _linked(shown: list[_InventedRow], registry: _Registry) -> set[Pattern]:
    """Patterns of the invented rows that link to their owner and to nobody else."""
    if not shown:
        return set()
    nothing = pa.nulls(len(shown), pa.string())
    rows = pa.table({
        "row_id": pa.array(range(len(shown)), pa.int64()),
        "name": pa.array([entry.name for entry in shown], pa.string()),
        "sex": nothing, "birth_date": nothing, "id_number": pa.array([entry.id_number for entry in shown], pa.string()),
        "phones": pa.array([[entry.phone] if entry.phone else [] for entry in shown], pa.list_(pa.string())),
    })  # fmt: skip
    left, right, model = fitted(rows, registry.persons, registry.model)
    sides = encode_rows(left, right, model, threads=registry.options.threads)
    decided = decided_pairs(sides, options=registry.options)
    pairs = zip(*(decided[name].to_pylist() for name in ("left_id", "right_id", "decision")), strict=True)
    return {
        (owner, shown[at].pattern) for at, owner, word in pairs if word == "link" and shown[at].owner == owner
    }  # fmt: skip


def homophone(name: str) -> str | None:
    """The name with its last character written as another that sounds alike; null where there is none."""
    key = simplified(name)
    if len(key) < 2 or len(key) <= len(surname_of(key)):
        return None
    alike = readings().letters.get(reading(key[-1]), "")
    other = next((entry for entry in alike if simplified(entry) == entry != key[-1]), None)
    return key[:-1] + other if other else None
