"""The Chinese word of every code that people read, from `words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType


@cache
def words(kind: str) -> Mapping[str, str]:
    """The words of one kind of codes, in the order in which they are listed. Raises KeyError for a kind without any."""
    text = (resources.files("schemas") / "words.toml").read_text("utf-8")
    return MappingProxyType({str(code): str(word) for code, word in tomllib.loads(text)[kind].items()})
