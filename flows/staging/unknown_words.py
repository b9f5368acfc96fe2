"""One question per file and register field with words its value map does not know: named, and accusing nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import duckdb

from schemas.contracts import SourceContract

_REGISTERS = ("roll", "transfer", "floating")
_SHOWN, _LONGEST = 6, 8
_HIDDEN = "（长文字或号码）"
_NUMBERS = re.compile(r"[0-9*]{4,}")

_WORDS = """
select s.file, r.original, count(*) as rows
from stage_repairs r join {relation} s using (row_key)
where r.field = $field and r.repair = 'unknown_value'
group by all order by s.file, rows desc, r.original
"""
_NAMES = "select distinct name from {relation} where name is not null"


def unknown_words(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract]) -> Iterator[tuple[str, str]]:
    """(source, Chinese line) per file and coded field of the registers; a cell that may be somebody's is not shown."""
    for contract in contracts.values():
        if contract.role not in _REGISTERS:
            continue
        names: set[str] | None = None
        for field in contract.imported:
            if field.type not in ("code", "yes_no") or field.name == "sex":
                continue
            query = _WORDS.format(relation=f"stage_{contract.name}")
            found: dict[str, list[tuple[str, int]]] = {}
            for file, word, rows in con.execute(query, {"field": field.name}).fetchall():
                found.setdefault(file, []).append((word, rows))
            for file, words in found.items():
                if names is None:
                    names = {
                        name for (name,) in con.execute(_NAMES.format(relation=f"stage_{contract.name}")).fetchall()
                    }
                yield contract.name, _line(f"{contract.name}/{file}", field.title, words, names)


def _line(where: str, title: str, words: list[tuple[str, int]], names: set[str]) -> str:
    shown: dict[str, int] = {}
    for word, rows in words:
        text = word.strip()
        hidden = len(text) > _LONGEST or text in names or _NUMBERS.search(text)
        shown[_HIDDEN if hidden else f"“{text}”"] = shown.get(_HIDDEN if hidden else f"“{text}”", 0) + rows
    listed = "、".join(f"{text}{rows}行" for text, rows in list(shown.items())[:_SHOWN])
    more = f"等{len(shown)}种" if len(shown) > _SHOWN else ""
    return (
        f"{where}：“{title}”里有不认识的写法：{listed}{more}；按“不明”处理，不据此列任何线索。"
        "处理办法：请报送部门改用约定的写法，或告知含义"
    )
