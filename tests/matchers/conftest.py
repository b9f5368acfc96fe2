"""Small made-up registries and worker rows for the matcher's named cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from matchers.engines.district import EncodedSides, candidate_pairs, decide_pairs, encode_rows, score_candidates
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted

SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("role", pa.string()),
        ("member_no", pa.string()),
        ("name", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.string()),
        ("id_number", pa.string()),
        ("id_kind", pa.string()),
        ("phones", pa.list_(pa.string())),
    ]
)

Rows = Callable[..., pa.Table]


def person_rows(*rows: dict[str, Any]) -> pa.Table:
    """Rows with what is not given left null; ids count from 1 unless given."""
    empty = dict.fromkeys(SCHEMA.names)
    filled = [{**empty, "row_id": number, "phones": [], **row} for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(filled, schema=SCHEMA)


def check_digit(seventeen: str) -> str:
    """GB 11643 check digit."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, weights, strict=True)) % 11]


def full_id(region: str = "500113", birth: str = "19900307", sequence: str = "851") -> str:
    """A valid ID; odd sequences are men's."""
    body = region + birth + sequence
    return body + check_digit(body)


@pytest.fixture(scope="session")
def townspeople() -> pa.Table:
    """A thousand members with distinct names, IDs and phones, so that shares are not those of a hamlet."""
    surnames, given = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋"
    people = []
    for number in range(1000):
        name = surnames[number // 100] + given[number // 10 % 10] + given[number % 10]
        birth = f"{1950 + number % 50}{1 + number % 12:02d}{1 + number % 28:02d}"
        people.append(
            {
                "row_id": 1000 + number,
                "role": "roll",
                "member_no": f"M{number:06d}",
                "name": name,
                "id_number": full_id(f"5001{number % 7:02d}", birth, f"{number:03d}"),
                "id_kind": "full",
                "phones": [f"139{number:08d}"],
            }
        )
    return person_rows(*people)


def decided(left: pa.Table, right: pa.Table, model: LinkModel, judgements: pa.Table | None = None) -> pa.Table:
    """Every scored pair decided, step by step as a night does it."""
    sides = encoded(left, right, model)
    scored = score_candidates(candidate_pairs(sides)[0], sides)
    return decide_pairs(scored, sides, judgements=judgements)


def encoded(left: pa.Table, right: pa.Table, model: LinkModel) -> EncodedSides:
    """Both sides under the model's column names, encoded."""
    return encode_rows(*fitted(left, right, model))
