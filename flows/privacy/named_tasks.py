"""核查任务表 with names, telephones and addresses, for the Party channel: by a user with that right, each locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flows.home.folders import Home, private_folder, write_private
from flows.ledger.publish.read import Published
from flows.originals import Originals, Record
from flows.privacy.identified_export import permitted
from flows.review.office import Office
from flows.tasks.export import ExportedTasks, TaskOrder, export_tasks
from flows.tasks.locked import lock, new_password
from flows.tasks.naming import contact_of, wanted_records
from flows.tasks.numbers import BoundCells
from reports.tasks.sheet import Contact


@dataclass(frozen=True)
class NamedOrder:
    """Who takes sheets with names out, why, and where to."""

    user: str
    password: str
    reason: str
    out: Path
    street: str | None = None


@dataclass
class _Naming:
    """Names from the originals, a password per sheet."""

    originals: Originals
    records: dict[str, list[Record]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    def prepare(self, rows: Sequence[Mapping[str, Any]], current: Published) -> None:
        wanted = {row["person_key"]: wanted_records(row) for row in rows}
        result = self.originals.many([entry for some in wanted.values() for entry in some], current).records
        for person, places in wanted.items():
            keys = ((spot, bearer.person_key) for spot, bearer in places)
            self.records[person] = [result[key] for key in keys if key in result]

    def contact(self, row: Mapping[str, Any], cells: BoundCells) -> Contact:
        return contact_of(row, cells, self.records[row["person_key"]])

    def locked(self, name: str, body: bytes) -> bytes:
        self.passwords[name] = new_password()
        return lock(body, self.passwords[name])


def export_named_tasks(home: Home, order: NamedOrder) -> tuple[ExportedTasks, Path]:
    """Write the locked sheets and, apart from them, the list of their passwords; what was written and where that lies.

    Raises InputError where the user may not, or gave no reason. The act is noted before anything is read.
    """
    office = Office.open(home)
    try:
        user, why = permitted(office, order.user, order.password, order.reason)
        office.audit(user, "export_named_tasks", f"{order.street or '全区'}：{why}")
        naming = _Naming(office.originals)
        done = export_tasks(home, TaskOrder(order.out, user, order.street, inside=True, naming=naming))
        return done, _apart(order.out, office.today(), naming.passwords)
    finally:
        office.close()


def _apart(out: Path, today: date, passwords: Mapping[str, str]) -> Path:
    """The passwords beside the sheets' folder, not in it: a list to read sheets back with, and one file per sheet.

    Whoever sends the whole folder sends no password with it, and each street is given its own file.
    """
    folder = private_folder(out.with_name(f"{out.name}_口令"))
    for name, password in passwords.items():
        write_private(folder / f"{Path(name).stem}_口令.txt", f"{name}\t{password}\n".encode())
    path = folder / f"口令_{today.isoformat()}.txt"
    write_private(path, "".join(f"{name}\t{password}\n" for name, password in passwords.items()).encode())
    return path
