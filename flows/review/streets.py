"""The streets that accounts may be given: those the version in force knows."""

from __future__ import annotations

from collections.abc import Iterable

from flows.review.shelf import LoadedVersion
from reports.workbench.access import Role, SignedInAccount
from schemas.errors import InputError
from schemas.rules import Rule


def known_streets(version: LoadedVersion) -> list[str]:
    """Every street of the ledger, of waiting pairs and of the coverage, sorted; none before the first version."""
    waiting = {street for street, _ in version.pairs.choices(SignedInAccount("-", Role.READER))["street"]}
    coverage = version.table("coverage").to_pylist()
    covered = {str(row["name"]) for row in coverage if row["scope"] == "street" and row["name"]}
    return sorted(waiting | covered | set(version.people.streets()))


def check_streets(version: LoadedVersion, streets: Iterable[str]) -> bool:
    """Whether streets are known at all; raises InputError, naming the known ones, for one that is not among them."""
    known = known_streets(version)
    wrong = sorted(set(streets) - set(known))
    if known and wrong:
        raise InputError(
            f"没有这个镇街：{'、'.join(wrong)}", rule=Rule.UNKNOWN_STREET, action=f"可用：{'、'.join(known)}"
        )  # fmt: skip
    return bool(known)
