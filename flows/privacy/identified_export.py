"""The current version with clear names, IDs and phones, encrypted: for a user with that right, a reason, a note."""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from flows.home.folders import Home, private_folder, write_private
from flows.ledger.publish.read import Published, current_version
from flows.tasks.naming import wanted_records
from schemas.errors import HomeError, InputError
from schemas.rules import Rule

if TYPE_CHECKING:
    from flows.originals import Record
    from flows.review.office import Office

_TOKENS = ("person_key", "name_masked", "id_token", "host_org_name")
_GROUP, _PAGE = 1 << 14, 1 << 30
_FOUND, _GONE = "已读取", "原件已销毁"


@dataclass(frozen=True)
class Order:
    """Who asks for clear names, why, and where they go."""

    user: str
    password: str
    reason: str
    out: Path


@dataclass(frozen=True)
class Handed:
    """What was written: the encrypted file, its key, how many persons, how many whose original is gone."""

    path: Path
    key_path: Path
    persons: int
    without_original: int
    differing: int = 0
    """Rows of evidence left out because another person's record stands there."""


def export_identified(home: Home, order: Order) -> Handed:
    """Write the encrypted table and, beside it, its key. Raises InputError where the user may not, or gave no reason.

    The act is noted before anything is read.
    """
    from flows.review.office import Office

    office = Office.open(home)
    try:
        user, why = permitted(office, order.user, order.password, order.reason)
        current = current_version(home, office.key)
        if current is None:
            raise HomeError("还没有发布过一本账", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
        _check_free(order.out)
        office.audit(user, "export_identified", f"{current.version} {order.out.name}：{why}")
        table, differing = _identified(current, office)
        if differing:
            office.audit(user, "originals_differ", f"{current.version} rows={differing}")
        mark = f"内部资料 {user} {office.now():%Y-%m-%dT%H:%M:%SZ}"
        return _written(table, order.out, mark, current, differing)
    finally:
        office.close()


def permitted(office: Office, user: str, password: str, reason: str) -> tuple[str, str]:
    """The name of an account that may take names out, and the reason. Raises InputError, and notes the refusal."""
    from flows.review.office import LEAST_REASON, plain_text
    from reports.workbench.access import Action, may

    attempt = office.accounts.attempt(user, password, office.now())
    account = attempt.account
    if account is None:
        office.audit(user[:40], "export_refused", "账号或口令不对")
        waiting = "，账号暂停登录" if attempt.closed_until else ""
        raise InputError(f"账号或口令不对{waiting}", rule=Rule.LOG_IN, action="用核对页面的账号和口令")
    if not may(account, Action.EXPORT_IDENTIFIED) or not account.whole_district:
        office.audit(account.name, "export_refused", "没有这项权限")
        raise InputError(
            "没有导出实名数据的权限",
            where=account.name,
            rule=Rule.NO_RIGHT,
            action="由全区的审核员导出（管辖到镇街的不行）",
        )
    return account.name, plain_text(reason, "理由", least=LEAST_REASON)


def _check_free(out: Path) -> None:
    for path in (out, _key_file(out)):
        if path.exists():
            raise InputError("已有这个文件，不覆盖", where=path.name, rule=Rule.FILE_TAKEN, action="换一个文件名")


def _key_file(out: Path) -> Path:
    return out.with_name(f"{out.name}.key")


def _identified(current: Published, office: Office) -> tuple[pa.Table, int]:
    """One row per person of the ledger, with name, ID and phones as the sender of its best record wrote them.

    Beside it how many rows of evidence were left out, since what stands there now is not the person's.
    """
    ledger = current.table("ledger")
    wanted = [wanted_records(row) for row in ledger.select([*_TOKENS, "evidence"]).to_pylist()]
    result = office.originals.many([entry for some in wanted for entry in some], current)
    records = [
        [
            result.records[spot, bearer.person_key]
            for spot, bearer in some
            if (spot, bearer.person_key) in result.records
        ]
        for some in wanted
    ]
    clear = [_clear(some) for some in records]
    columns: dict[str, pa.Array] = {
        "name": pa.array([entry["name"] for entry in clear], pa.string()),
        "id_number": pa.array([entry["id_number"] for entry in clear], pa.string()),
        "phones": pa.array([entry["phones"] for entry in clear], pa.list_(pa.string())),
        "original": pa.array(
            [_FOUND if entry["name"] or entry["id_number"] else _GONE for entry in clear], pa.string()
        ),
    }
    for name, column in columns.items():
        ledger = ledger.append_column(name, column)
    return _flat(ledger), result.differing


def _flat(table: pa.Table) -> pa.Table:
    """Lists and structures as JSON text: DuckDB 1.5 does not read nested columns of an encrypted file."""
    for at, schema in enumerate(table.schema):
        if pa.types.is_nested(schema.type):
            cells = [json.dumps(cell, ensure_ascii=False, default=str) for cell in table[schema.name].to_pylist()]
            table = table.set_column(at, schema.name, pa.array(cells, pa.string()))
    return table


def _clear(records: list[Record]) -> dict[str, object]:
    """The first full name and number, and every phone, in the order of trust."""
    return {
        "name": next((record.name for record in records if record.name and "*" not in record.name), None),
        "id_number": next(
            (record.id_number for record in records if record.id_number and "*" not in record.id_number), None
        ),
        "phones": list(dict.fromkeys(phone for record in records for phone in record.phones if "*" not in phone)),
    }


def _written(table: pa.Table, out: Path, mark: str, current: Published, differing: int) -> Handed:
    """Encrypted as a whole (AES-256-GCM, the format's own), footer too: without the key not even the columns show.

    The key is the text of its file, 32 signs from 24 random bytes: pyarrow and DuckDB both take it as it stands. A
    column is one page a row group, as DuckDB 1.5.5 mistakes the further pages of an encrypted file for altered ones.
    """
    key = secrets.token_urlsafe(24).encode()
    about = {"watermark": mark, "version": current.version, "as_of": str(current.index["as_of"])}
    sink = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(about), sink, compression="zstd", use_dictionary=False,
        row_group_size=_GROUP, write_batch_size=_GROUP, max_rows_per_page=_GROUP, data_page_size=_PAGE,
        encryption_properties=pe.create_encryption_properties(footer_key=key),
    )  # fmt: skip
    private_folder(out.parent)
    write_private(_key_file(out), key)
    write_private(out, sink.getvalue())
    gone = table["original"].to_pylist().count(_GONE)
    return Handed(out, _key_file(out), table.num_rows, gone, differing)
