"""A first model of one or two tables: what their columns hold, comparisons, blocking rules, thresholds, the prior."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matchers.drafting.columns import profiles
from matchers.drafting.comparisons import uncounted, with_chances
from matchers.drafting.pairing import Pairing, between, within_table
from matchers.drafting.recognising import recognised
from matchers.engine import Options, embedded
from matchers.linking import suggest_blocking
from matchers.model.link_model import KINDS, LinkModel
from matchers.sides.encoded import NIBBLES, encode_sides
from matchers.sides.headers import fitted_rows
from matchers.sides.named_rows import CellReading, Rows
from matchers.training.suggest_blocking import Suggestion
from matchers.training.trust import refuse_empty
from matchers.weighing.entities import identical_rows
from schemas.errors import InputError
from schemas.rules import Rule

_STARTING_PRIOR, _LEAST_PRIOR, _MOST_PRIOR = 0.1, 0.001, 0.95
_LINK, _REVIEW, _MARGIN = 0.9, 0.5, 3.0
_COPIES = 0.005
"""A side of which more rows are copies of others is not unique."""
_IMPLIED = {"birth_date": ("date",), "sex": ("category",)}
_LOOKS = 2
"""How often rules are chosen: the second time with the share of rows that the first found a partner for."""
_NO_NAME = re.compile(r"\W+")


@dataclass(frozen=True)
class Draft:
    """A drafted model, how its columns were understood, by model column the headers, and the blocking rules' pairs."""

    model: LinkModel
    pairing: Pairing
    headers: dict[str, tuple[str, str]]
    rules: Suggestion
    rows: tuple[int, int]


def draft_model(
    left: Rows, right: Rows | None, *, reading: CellReading | None = None, options: Options | None = None
) -> Draft:
    """A first model for linking two tables, or for finding duplicates in one (`right` null).

    Raises InputError where no column can be compared, TableError where no two rows share anything.
    """
    pairing = _paired(left, right)
    if not pairing.paired:
        asides = tuple(f"{aside.header}（{aside.because}）" for aside in (*pairing.left_aside, *pairing.right_aside))
        raise InputError(
            "没有一列能用来比较，起草不了模型", rule=Rule.COLUMNS, count=len(asides), examples=asides[:5],
            action="核对表头和内容；两张表至少要有一列说的是同一件事",
        )  # fmt: skip
    headers = _named(pairing, left, right)
    first = _first_model(pairing, headers, same=right is None)
    weighed = _weighed(left, right, first, reading, options or Options())
    for _ in range(_LOOKS):
        rules = suggest_blocking(left, right, weighed, reading=reading, options=options)
        prior = min(max(rules.matches / max(left.num_rows, 1), _LEAST_PRIOR), _MOST_PRIOR)
        weighed = weighed.model_copy(update={"prior": max(float(f"{prior:.2g}"), _STARTING_PRIOR)})
    model = weighed.model_copy(update={"blocking": rules.blocking, "prior": float(f"{prior:.2g}")})
    return Draft(model, pairing, headers, rules, (left.num_rows, 0 if right is None else right.num_rows))


def _paired(left: Rows, right: Rows | None) -> Pairing:
    columns = tuple(recognised(profile) for profile in profiles(left))
    return (
        within_table(columns)
        if right is None
        else between(columns, tuple(recognised(profile) for profile in profiles(right)))
    )


def _named(pairing: Pairing, left: Rows, right: Rows | None) -> dict[str, tuple[str, str]]:
    """By column of the model its headers: the column bears the header of one table that the other does not have."""
    tables = set(left.schema.names), set((left if right is None else right).schema.names)
    by_model_name: dict[str, tuple[str, str]] = {}
    for number, pair in enumerate(pairing.paired, 1):
        headers = pair.left.column.header, pair.right.column.header
        free = [header for header, other in zip(headers, reversed(tables), strict=True) if header not in other]
        name = headers[0] if headers[0] == headers[1] else (free or [""])[0]
        if not name.isidentifier() or name in by_model_name:
            name = _identifier(name or headers[0], number, {*tables[0], *tables[1], *by_model_name})
        by_model_name[name] = headers
    return by_model_name


def _identifier(header: str, number: int, taken: set[str]) -> str:
    """A name the model file allows, which no header of either table is."""
    name = _NO_NAME.sub("_", header).strip("_")
    name = name if name.isidentifier() else f"column_{number}"
    return name if name not in taken else f"{name}_{number}"


def _first_model(pairing: Pairing, headers: dict[str, tuple[str, str]], *, same: bool) -> LinkModel:
    """The model without chances and blocking rules: one rule stands in for those to come."""
    columns = {name: pair.kind for name, pair in zip(headers, pairing.paired, strict=True)}
    aliases = {
        name: tuple(dict.fromkeys(header for header in both if header != name))
        for name, both in headers.items()
        if any(header != name for header in both)
    }
    return LinkModel(
        name="draft", version="1", prior=_STARTING_PRIOR, link_probability=_LINK, review_probability=_REVIEW,
        margin_bits=0.0 if same else _MARGIN, columns=columns, aliases=aliases, implied=_implied(pairing, columns),
        comparisons=uncounted(columns), blocking=_standing_in(columns),
    )  # fmt: skip


def _standing_in(columns: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """One blocking rule that a model must have, until the tables have been looked at."""
    column, kind = next(iter(columns.items()))
    return {"standing_in": (f"{column}.{next(iter(KINDS[kind].keys))}",)}


def _implied(pairing: Pairing, columns: dict[str, str]) -> dict[str, str]:
    """Birth date and sex beside the one column of resident IDs, which shows them too."""
    ids = [name for name, kind in columns.items() if kind == "resident_id"]
    if len(ids) != 1:
        return {}
    return {
        name: ids[0]
        for (name, kind), pair in zip(columns.items(), pairing.paired, strict=True)
        if kind in _IMPLIED.get(pair.left.meaning or "", ())
    }


def _weighed(
    left: Rows, right: Rows | None, model: LinkModel, reading: CellReading | None, chosen: Options
) -> LinkModel:
    """The model with u from the tables, and the sides in which hardly a row is another's copy."""
    left_rows, right_rows, fitted = (
        fitted_rows(left, right, model, ids=(), reading=reading) if model.finds_headers else (left, right, model)
    )
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left_rows, right_rows, fitted, threads=chosen.threads)
        refuse_empty(both.counts)
        sides = {} if both.same else {"left": both.left, "right": both.right}
        copies = {name: 1 - len(set(identical_rows(side).tolist())) / side.rows for name, side in sides.items()}
        update = {
            "comparisons": with_chances(con, model, both, threads=chosen.threads),
            "unique": tuple(name for name, share in copies.items() if share <= _COPIES),
        }
    return model.model_copy(update=update)
