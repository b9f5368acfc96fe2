"""One question per file and coded field with words its value map does not know: named, and accusing nobody.

Of a register every coded field is asked about; of workers' files the state (在职, 离职), since whoever is not
said to have left counts as at work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import duckdb

from schemas.contracts import SourceContract, SourceField

_REGISTERS = ("roll", "transfer", "floating")
_STATE = "work_state"
_TAKEN_AS = {True: "按“在岗”处理", False: "按“不明”处理，不据此列任何线索"}
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
    """(source, Chinese line) per file and coded field with such words; a cell that may be somebody's is not shown."""
    for contract in contracts.values():
        names: set[str] | None = None
        for field in contract.imported:
            if not _is_asked_about(contract, field):
                continue
            query = _WORDS.format(relation=f"stage_{contract.name}")
            result: dict[str, list[tuple[str, int]]] = {}
            for file, word, rows in con.execute(query, {"field": field.name}).fetchall():
                result.setdefault(file, []).append((word, rows))
            for file, words in result.items():
                if names is None:
                    names = {
                        name for (name,) in con.execute(_NAMES.format(relation=f"stage_{contract.name}")).fetchall()
                    }
                at_work = contract.role not in _REGISTERS
                said = _listed(words, names)
                yield (
                    contract.name,
                    (
                        f"{contract.name}/{file}：“{field.title}”里有不认识的写法：{said}；{_TAKEN_AS[at_work]}。"
                        "处理办法：请报送部门改用约定的写法，或告知含义"
                    ),
                )


def _is_asked_about(contract: SourceContract, field: SourceField) -> bool:
    if contract.role in _REGISTERS:
        return field.type in ("code", "yes_no") and field.name != "sex"
    return contract.role in ("worker", "self_report") and field.name == _STATE


def _listed(words: list[tuple[str, int]], names: set[str]) -> str:
    shown: dict[str, int] = {}
    for word, rows in words:
        text = word.strip()
        hidden = len(text) > _LONGEST or text in names or _NUMBERS.search(text)
        shown[_HIDDEN if hidden else f"“{text}”"] = shown.get(_HIDDEN if hidden else f"“{text}”", 0) + rows
    listed = "、".join(f"{text}{rows}行" for text, rows in list(shown.items())[:_SHOWN])
    more = f"等{len(shown)}种" if len(shown) > _SHOWN else ""
    return listed + more
