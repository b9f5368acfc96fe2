"""A line of a run as a report shows it: the Chinese name of a source for its folder's, no name of a rule of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_RULE = re.compile(r"[；，]规则 [a-z0-9_]+")
_BLANK = re.compile(r"\{[a-z_]+\}")
_REQUEST = re.compile("，请核对(?:是何人)?$")


def plain_line(line: str, titles: Mapping[str, str]) -> str:
    """A warning or notice for people. The terminal and the log keep the folder and the rule, which support asks for."""
    text = _RULE.sub("", line)
    for source, title in titles.items():
        text = re.sub(rf"(?<![0-9A-Za-z_]){source}/", f"{title}/", text)
    return text


def plain_lines(lines: Iterable[str], titles: Mapping[str, str]) -> list[str]:
    """Several of them."""
    return [plain_line(line, titles) for line in lines]


def plain_sentence(sentence: str) -> str:
    """A model's sentence as the title of its tier: without what a pair fills in, and without the request at its end."""
    return _REQUEST.sub("", _BLANK.sub("", sentence))
