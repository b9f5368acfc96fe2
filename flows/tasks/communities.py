"""The community (社区) that an address names, for the street officer who goes there."""

from __future__ import annotations

import re

_NAMED = r"([\u4e00-\u9fff]{2,8}?(?:社区|村|居委会))"
_UNITS = r"(?:街道|镇|乡)(?:办事处)?"


def community_of(address: str, street: str) -> str:
    """`桥头社区` of `澜江区云溪街道桥头社区12号`; empty where the address names none behind its street."""
    at = address.find(street) if street else -1
    behind = re.search(_UNITS + _NAMED, address) if at < 0 else re.match(_NAMED, address[at + len(street) :])
    return behind[1] if behind else ""
