"""Keys of places shown: whole columns of numbers say what the SQL of one row says."""

from __future__ import annotations

import numpy as np
import pytest

from matchers.engine import embedded
from matchers.kinds.places import places_values
from matchers.kinds.plain import KINDS
from matchers.sides.row_sql import evaluate

ROWS = 5_000


def _number(rng: np.random.Generator, places: int) -> np.ndarray:
    return np.sum([rng.integers(0, 10, ROWS).astype(np.uint64) << np.uint64(4 * n) for n in range(places)], axis=0)


def _mask(rng: np.random.Generator, places: int) -> np.ndarray:
    shown = (rng.random((places, ROWS)) < 0.8) * np.uint64(15)
    return np.sum([row << np.uint64(4 * n) for n, row in enumerate(shown.astype(np.uint64))], axis=0)


@pytest.mark.parametrize(
    ("kind", "form"), [(kind, form) for kind, one in KINDS.items() for form in one.places], ids=str
)
def test_a_key_of_places_is_its_sql_row_by_row(kind: str, form: str) -> None:
    rng = np.random.default_rng(5)
    columns = {f"x_{name}": _number(rng, 11 if name == "digits" else 9) for name in ("head", "tail", "digits")}
    columns |= {f"x_{name}": _mask(rng, 11 if name == "mask" else 9) for name in ("head_mask", "tail_mask", "mask")}
    columns["x_kind"] = rng.integers(1, 4, ROWS).astype(np.uint8)  # 3: a failed check digit, which makes no key
    at_once = places_values(columns, "x", KINDS[kind].places[form])
    with embedded() as con:
        by_row = evaluate(con, f"coalesce({KINDS[kind].keys[form].replace('{c}', 'x')}, 0)::ubigint", columns)
    assert np.array_equal(at_once, by_row)
    assert 0 < np.count_nonzero(at_once) < ROWS
