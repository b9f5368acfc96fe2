"""Sheets with names: locked, for those with the right; terms of tasks, and what is overdue."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import msoffcrypto
import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version
from flows.ledger.review import masked_phones
from flows.privacy.named_tasks import NamedOrder, export_named_tasks
from flows.review.office import Office
from flows.tasks.communities import community_of
from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.locked import lock, unlocked
from flows.tasks.overdue import overdue_line, overdue_tasks
from reports.tasks.receipt import ACCEPTED
from reports.workbench.access import Role, SignedInAccount
from schemas.errors import InputError
from schemas.policy import load_policy
from tests.flows.command import DAY
from tests.flows.tasks.conftest import Sheet, take

pytestmark = pytest.mark.slow
PASSWORD = "Kezhang-2026"  # noqa: S105


def open_account(place: Home, *streets: str) -> None:
    office = Office.open(place)
    account = SignedInAccount("街道甲" if streets else "科长甲", Role.REVIEWER, frozenset(streets))
    office.accounts.add(account, PASSWORD, at=office.now(), by="test")
    office.close()


def test_a_named_sheet_is_locked_and_comes_back_with_its_password(place: Home, tmp_path: Path) -> None:
    open_account(place)
    done, list_of_passwords = export_named_tasks(place, NamedOrder("科长甲", PASSWORD, "入户核查", tmp_path / "out"))
    passwords = dict(line.split("\t") for line in list_of_passwords.read_text("utf-8").splitlines())
    assert {path.name for path in done.files} == set(passwords)
    assert len(set(passwords.values())) == len(passwords), "one street's password opens no other's sheet"
    assert not list((tmp_path / "out").rglob("*口令*")), "who sends the folder of the sheets sends no password"
    for path in done.files:
        own = (list_of_passwords.parent / f"{path.stem}_口令.txt").read_text("utf-8")
        assert own == f"{path.name}\t{passwords[path.name]}\n", "a street is given its own alone"
    first, plain = done.files[0], tmp_path / "改.xlsx"
    data = first.read_bytes()
    book = msoffcrypto.OfficeFile(io.BytesIO(data))
    assert book.is_encrypted()
    assert b"AES" in data and b"ChainingModeCBC" in data and b'keyBits="256"' in data
    plain.write_bytes(unlocked(first.name, data, (passwords[first.name],)))
    sheet, masked = (
        Sheet.read(plain),
        Sheet.read(export_tasks(place, TaskOrder(tmp_path / "b", "乙", inside=True)).files[0]),
    )
    assert [sheet.number(row) for row in range(len(sheet.rows))] == [
        masked.number(row) for row in range(len(masked.rows))
    ]
    named = [str(row[sheet.at("姓名")]) for row in sheet.rows]
    assert sum("*" not in name and len(name) > 1 for name in named) > len(named) * 0.8
    assert any(str(row[sheet.at("手机")]).isdecimal() for row in sheet.rows)
    for ours, theirs in zip(sheet.rows, masked.rows, strict=True):
        assert str(ours[sheet.at("姓名")])[0] == str(theirs[masked.at("姓名")])[0]
        phones = str(ours[sheet.at("手机")] or "").split("\n")
        assert [masked_phones([one]) if one.isdecimal() else one for one in phones] == str(
            theirs[masked.at("手机")]
        ).split("\n")
    assert {"站点", "住址", "社区", "办理期限"} <= set(sheet.header)
    assert not {"站点", "住址", "社区"} & set(masked.header)
    sheet.fill(0, "属实")
    filled = sheet.save(tmp_path / "交回.xlsx")
    locked = tmp_path / "交回_锁.xlsx"
    locked.write_bytes(lock(filled.read_bytes(), "街道自己的口令"))
    assert "有打开口令" in take(place, locked).problems[0]
    assert "口令不对" in take(place, locked, passwords=("别的",)).problems[0]
    assert take(place, locked, passwords=("别的", "街道自己的口令")).count(ACCEPTED) == 1
    with opened_store(place) as store:
        (act,) = store.acts(what="export_named_tasks")
        assert "入户核查" in act["why"]
        assert {one["who"] for one in store.acts(what="export_tasks")} == {"科长甲", "乙"}


def test_nobody_without_the_right_takes_names_out(place: Home, tmp_path: Path) -> None:
    open_account(place, "云溪街道")
    for user, password, reason in (
        ("街道甲", PASSWORD, "入户核查"),
        ("街道甲", "wrong", "入户核查"),
        ("无此人", PASSWORD, "入户核查"),
    ):
        with pytest.raises(InputError):
            export_named_tasks(place, NamedOrder(user, password, reason, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_task_keeps_its_first_term_until_it_is_answered_and_is_counted_once_it_is_over(
    place: Home, tmp_path: Path
) -> None:
    policy, key = load_policy(), load_key(place)
    version = current_version(place, key)
    assert version is not None
    rows = version.table("ledger").to_pylist()
    sheet = Sheet.read(export_tasks(place, TaskOrder(tmp_path / "a", "乙", inside=True)).files[0])
    with opened_store(place) as store:
        terms = store.open_terms()
        (due,) = {term.due_on for term in terms.values()}
        (issued,) = {term.issued_on for term in terms.values()}
        assert due - issued == timedelta(days=policy.leads.task_days)
        assert store.issue_tasks(list(terms), issued + timedelta(days=3), due + timedelta(days=3)) == terms
        assert overdue_tasks(store, policy, rows, due) == {}
        late = overdue_tasks(store, policy, rows, due + timedelta(days=1))
        assert sum(late.values()) == len(terms)
        assert f"{len(terms)} 项" in overdue_line(late)
    sheet.fill(0, "属实", on=issued)
    sheet.fill(1, "联系不上", on=issued)
    assert take(place, sheet.save(tmp_path / "回.xlsx"), today=issued).count(ACCEPTED) == 2
    with opened_store(place) as store:
        assert sum(overdue_tasks(store, policy, rows, due + timedelta(days=1)).values()) == len(terms) - 2
        again = store.issue_tasks(list(terms), due, due + timedelta(days=14))
        assert sum(term.issued_on == due for term in again.values()) == 2, "an answer ends a term, another asks anew"
    assert issued >= DAY


@pytest.mark.parametrize(
    ("address", "street", "community"),
    [
        ("澜江区云溪街道桥头社区12号", "云溪街道", "桥头社区"),
        ("云溪街道办事处永安村3组", "云溪街道办事处", "永安村"),
        ("澜江区石栈镇青龙居委会", "云溪街道", "青龙居委会"),
        ("澜江区云溪街道长江路9号", "云溪街道", ""),
        ("", "", ""),
        ("村口", "", ""),
    ],
)
def test_the_community_stands_behind_the_street(address: str, street: str, community: str) -> None:
    assert community_of(address, street) == community
