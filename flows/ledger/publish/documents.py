"""What stands beside a version's tables for who reads them: contracts, code table as CSV and page, README.

They name nobody and hold no clock: the same policy, model and schema give the same bytes.
"""

from __future__ import annotations

import csv
import io
from importlib import resources

import pyarrow as pa

from flows.home.settings import model_of
from flows.ledger.publish.codes import CodeKind, code_kinds
from flows.run.context import RunContext
from schemas.contracts import ledger_schema_version, ledger_table
from schemas.odcs import TABLES

README = "README.md"
CODES_CSV = "codes.csv"
CODES_PAGE = "代码表.md"
_ABOUT = """# 一本账：这一版里有什么

内部资料。每个状态都是线索，有人核查确认之前不作结论；`coverage.parquet`、`review.parquet` 只供内部，不外传。

数据日期 {as_of}，结构版本 {schema}，规则版本 {policy}，比对模型版本 {model}，所属 {district}。

| 文件 | 是什么 | 一行是 | 合同 |
|---|---|---|---|
{tables}

- `index.json`：这一版的索引，带签名；各文件的字节数、SHA-256（表在 `files`，文档在 `documents`），上一版，最近的变动。
  读的人先读 `ledger/index.json`，再读它指的 `versions/<版本>/`，按校验值核对。
- `*.odcs.yaml`：各表的数据合同（ODCS v3）：列、类型、必填、允许的值、键。
- `codes.parquet`、`codes.csv`、`代码表.md`：同一张代码表，每个代码的中文与口径；前两个给程序，后一个给人。
- 结构版本号 `主.次`：末尾加列、加表、加允许值只升次号；删列、改名、改类型升主号。

```sql
-- DuckDB：每个状态多少人，带中文
select c.word, count(*) as people
from 'ledger.parquet' l, unnest(l.statuses) as s(code) join 'codes.parquet' c on c.kind = 'status' and c.code = s.code
group by all order by all
```
"""


def documents_of(run: RunContext, codes: pa.Table) -> dict[str, bytes]:
    """File name and bytes of every document of tonight's version."""
    contracts = resources.files("schemas") / "ledger"
    result = {f"{name}.odcs.yaml": (contracts / f"{name}.odcs.yaml").read_bytes() for name in TABLES}
    result[CODES_CSV] = _csv(codes)
    result[CODES_PAGE] = _page(code_kinds(run.policy, model_of(run.settings)))
    result[README] = _readme(run)
    return result


def _csv(codes: pa.Table) -> bytes:
    """UTF-8 with BOM, so that Excel and WPS read the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(codes.column_names)
    writer.writerows([row.values() for row in codes.to_pylist()])
    return text.getvalue().encode("utf-8-sig")


def _page(kinds: dict[str, CodeKind]) -> bytes:
    """One heading per kind, one line per code."""
    lines = ["# 代码表", "", "`codes.parquet`、`codes.csv` 是同一张表。"]
    for name, kind in kinds.items():
        places = "、".join(f"`{place}`" for place in kind.used_in)
        lines += [
            "",
            f"## {kind.title}（`{name}`）",
            "",
            f"用在 {places}。",
            "",
            "| 代码 | 中文 | 口径 |",
            "|---|---|---|",
        ]
        lines += [
            f"| `{code}` | {_cell(word)} | {_cell(kind.bases.get(code, ''))} |" for code, word in kind.words.items()
        ]
    return ("\n".join(lines) + "\n").encode()


def _readme(run: RunContext) -> bytes:
    tables = [ledger_table(name) for name in TABLES]
    return _ABOUT.format(
        as_of=run.as_of.isoformat(),
        schema=ledger_schema_version(),
        policy=run.policy.version,
        model=model_of(run.settings).version,
        district=run.settings.district,
        tables="\n".join(
            f"| `{table.name}.parquet` | {table.title} | {table.one_row} | `{table.name}.odcs.yaml` |"
            for table in tables
        ),
    ).encode()


def _cell(text: str) -> str:
    """A table cell: no bar and no line break of the policy's may cut it."""
    return " ".join(text.replace("|", "\\|").split())
