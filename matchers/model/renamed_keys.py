"""One entry per key of a model file that once had another name: files trained before then are still read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from matchers.model.faults import Fault

Section = dict[str, object]


class _Renamed(NamedTuple):
    keys: dict[str, str]
    values: dict[str, dict[str, str]]


@cache
def _renamed() -> _Renamed:
    body = tomllib.loads((resources.files("matchers.model") / "renamed_keys.toml").read_text("utf-8"))
    return _Renamed(body["keys"], body["values"])


def rename_keys(body: Section) -> tuple[dict[str, str], list[Fault]]:
    """Give every key of a parsed model file the name it has today, in place.

    Returns the old names met with today's, in the order of the table, and a fault for each key that stands there under
    both names (which of the two holds nobody can tell).
    """
    met: dict[str, str] = {}
    faults: list[Fault] = []
    for place, name in _renamed().keys.items():
        *above, old = place.split(".")
        for section in _sections(body, above):
            if old in section and name in section:
                faults.append(Fault(place, f"与 {name} 是同一个键，写了两次", f"留下 {name}，删去 {old}"))
            elif old in section:
                met[old] = name
                _replace(section, old, name)
    for place, names in _renamed().values.items():
        *above, key = place.split(".")
        for section in _sections(body, above):
            value = section.get(key)
            if isinstance(value, str) and value in names:
                met[value] = section[key] = names[value]
    return met, faults


def _replace(section: Section, old: str, name: str) -> None:
    """Rename one key where it stands: the order of levels and tiers counts."""
    entries = [(name if key == old else key, value) for key, value in section.items()]
    section.clear()
    section.update(entries)


def _sections(body: Any, path: list[str]) -> Iterator[Section]:
    """Every section at a path; what is not there, or is no section, is left to the check of the whole model."""
    if not path:
        if isinstance(body, dict):
            yield body
        return
    head, *rest = path
    inner = body if isinstance(body, list) else list(body.values()) if isinstance(body, dict) else []
    if head != "*":
        inner = [body[head]] if isinstance(body, dict) and head in body else []
    for part in inner:
        yield from _sections(part, rest)
