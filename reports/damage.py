"""The words by which senders are told what was wrong with their cells and rows."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

OTHER = "其他写法不一"
INSIDE_THE_PARTY = ("党", "政治面貌")
"""Words of fields that are not told to senders outside the Party's own offices."""

RULE_TITLES = {
    "row_needs": "缺少必需的内容",
    "not_a_name": "姓名栏不是姓名",
    "no_consent": "没有同意使用，未用",
    "fields_too_many": "多出分隔符，各格对不上列",
    "fields_too_few": "缺分隔符，各格对不上列",
    "stray_quote": "引号不成对，分不出各格",
    "other_header": "另一种表头下的行，各格对不上列",
}


@dataclass(frozen=True)
class Damage:
    """One kind of damage: its title, what to do about it, whether a read row is marked for it.

    `minor` kinds are told to the sender together, `agreed` ones not at all: the contract asks for them.
    """

    title: str
    mend: str = ""
    mark: bool = False
    minor: bool = False
    agreed: bool = False

    @property
    def title_for_sender(self) -> str:
        """What a note to the sender calls it."""
        return OTHER if self.minor else self.title


@cache
def damages() -> dict[str, Damage]:
    """Every kind that has words of its own."""
    text = (resources.files("schemas") / "repairs.toml").read_text("utf-8")
    return {name: Damage(**body) for name, body in tomllib.loads(text).items()}


def complaints(damage: Mapping[str, int]) -> dict[str, int]:
    """Cells by what a note to their sender calls the damage; ways of writing that were agreed are none."""
    result: Counter[str] = Counter()
    for kind, count in damage.items():
        known = damages().get(kind)
        if known is None or not known.agreed:
            result[known.title_for_sender if known else OTHER] += count
    return dict(result)


def marked_kinds() -> list[str]:
    """Kinds for which a read row is marked in the sender's own sheet."""
    return sorted(name for name, damage in damages().items() if damage.mark)
