"""Names of files and folders as they may be shown and kept: text, without control and direction characters."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
EVERY_SENDER = "*"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_DATED = re.compile(
    r"第?[0-9]+\s*(?:年度?|月份?|季度?|[日号期版次周])?|[\s_\-—–.。·,，()（）\[\]【】]+|最终版?|更新版?|副本|导出|copy",
    re.IGNORECASE,
)


def shown_name(name: str) -> str:
    """A name as its writer saw it: bytes that are no UTF-8 read as GB18030, what cannot be seen left out.

    A name that holds nothing else is `未命名`; bytes of neither encoding become `□`.
    """
    return visible(_decoded(name)) or "未命名"


def visible(text: str) -> str:
    """A text without characters that cannot be seen and may turn, hide or break what is shown around them."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in _HIDDEN).strip()


def shown_path(path: Path) -> str:
    """A path, each part of it as it may be shown."""
    return str(Path(*(part if part == path.anchor else shown_name(part) for part in path.parts)))


def distinct_names(names: Sequence[str]) -> list[str]:
    """The names in order; one that stands there already gets `（2）` behind it."""
    taken: set[str] = set()
    result = []
    for name in names:
        number, entry = 1, name
        while entry in taken:
            number += 1
            entry = f"{name}（{number}）"
        taken.add(entry)
        result.append(entry)
    return result


def sender_of(file: str) -> str:
    """Who sends a file: its name without folder, ending, dates and numbers; `*` where nothing is left."""
    name = unicodedata.normalize("NFKC", file.rsplit("/", 1)[-1])
    return _DATED.sub("", _ENDING.sub("", name)) or EVERY_SENDER


def _decoded(name: str) -> str:
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace").replace("\ufffd", "□")
