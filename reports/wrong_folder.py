"""One notice per file whose columns are another source's: it may lie in the wrong folder, and be read by its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb

_LEAST = 3
"""So many columns that one source does not know and another does are no chance."""
_NOISE = re.compile(r"[\s*＊（）()：:]")

_UNKNOWN = """
select source, file, columns_unknown from stage_files
where state <> 'refused' and len(fields_missing) > 0 and len(columns_unknown) > 0 order by source, file, sheet
"""


def header_text(text: str) -> str:
    """A header as it is compared: without blanks and signs of print."""
    return _NOISE.sub("", text).upper()


def wrong_folder_notices(
    con: duckdb.DuckDBPyConnection, titles: Mapping[str, str], headers: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Files that lack columns of their own source while most of those it does not know are another's."""
    result = {}
    for source, file, unknown in con.execute(_UNKNOWN).fetchall():
        texts = {header_text(text) for text in unknown}
        likely = max(sorted(headers), key=lambda name: len(texts & headers[name]), default=source)
        known = len(texts & headers.get(likely, frozenset()))
        if likely != source and known >= _LEAST and known * 2 >= len(texts):
            result[source, file] = (
                f"{source}/{file}：有 {known} 列是“{titles[likely]}”的列，像是放错了文件夹；规则 wrong_folder。"
                f"处理办法：放错了就移到 {likely}/ 再运行；没有放错，不用管"
            )
    return tuple(result.values())
