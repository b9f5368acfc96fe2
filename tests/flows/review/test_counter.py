"""At the counter, after a real run: everybody the district knows, found or told why not; what is noted of it."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from flows.counter.enquiry import enquiry_of
from flows.ledger.redact import is_personal_number
from flows.review.counter import answer_enquiry
from flows.review.office import Office
from flows.review.streets import check_streets, known_streets
from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.numbers import read_number
from reports.workbench.access import Role, SignedInAccount
from reports.workbench.counter import CounterAnswer, Where
from schemas.errors import InputError
from tests.browser.district import MASKED, NOWHERE, NURSE, STREETS, id_number, members
from tests.flows.command import SANZHAO, clean_environment

pytestmark = pytest.mark.slow
ROLL = members()
WHOLE = SignedInAccount("李审核", Role.REVIEWER)


def wrong(number: str, at: int) -> str:
    return number[: at - 1] + str((int(number[at - 1]) + 1) % 10) + number[at:]


def test_everybody_is_found_or_told_why_not(office_of_run: Office) -> None:
    ledger = office_of_run.version_in_force().table("ledger").to_pylist()
    inside = next(row for row in ledger if row["member_no"] == ROLL[-6]["党员编号"])

    def ask(name: str, number: str, account: SignedInAccount = WHOLE) -> CounterAnswer:
        found = answer_enquiry(office_of_run, account, enquiry_of(name, number))
        said = [found.explanation, *found.reasons]
        assert not any(is_personal_number(line) for line in said)
        assert not any(row["姓名"] in line or row["身份证号"] in line for row in ROLL for line in said)
        return found

    name, number = ROLL[-6]["姓名"], ROLL[-6]["身份证号"]
    by = [("", number), (name, number), (name, ROLL[-6]["手机号码"]), ("", ROLL[-6]["手机号码"]),
          ("", ROLL[-6]["党员编号"]), (name, inside["person_key"])]  # fmt: skip
    assert {ask(*one).person_key for one in by} == {inside["person_key"]}
    other = ask("欧阳某", number)
    assert (other.where, other.person_key) == (Where.NOT_FOUND, None), "another name opens nobody"

    waiting = ask(ROLL[0]["姓名"], ROLL[0]["身份证号"])
    assert (waiting.where, len(waiting.pairs)) == (Where.WAITING, 1)
    assert waiting.path == f"/pair/{waiting.pairs[0]}"
    assert ask("", "S0003").where == Where.WAITING, "by the platform's own number"

    nurse = ask(ROLL[NURSE]["姓名"], ROLL[NURSE]["身份证号"])
    assert nurse.where == Where.ROLL
    assert any("人社" in line and "范围外" in line for line in nurse.reasons)
    masked = ask(ROLL[MASKED]["姓名"], ROLL[MASKED]["身份证号"])
    assert masked.where == Where.ROLL
    assert any("飞燕" in line and "打码" in line and "只显示10位" in line for line in masked.reasons)
    assert any("不连也不列：姓名有遮掩，证据不足" in line for line in masked.reasons), "in the words of the tier"
    nowhere = ask(ROLL[NOWHERE]["姓名"], ROLL[NOWHERE]["身份证号"])
    assert nowhere.where == Where.ROLL
    assert any("没有一个来源的从业记录" in line for line in nowhere.reasons)

    typed = ask(ROLL[NOWHERE]["姓名"], wrong(ROLL[NOWHERE]["身份证号"], 13))
    assert typed.where == Where.NOT_FOUND
    assert any("校验不对" in line for line in typed.reasons)
    assert any("第13位不同" in line for line in typed.reasons)
    stranger = ask("欧阳无名", id_number(date(1971, 1, 1), 777))
    assert (stranger.where, len(stranger.reasons)) == (Where.NOT_FOUND, 1)

    street = SignedInAccount("石栈陈", Role.REVIEWER, frozenset({STREETS[1]}))
    theirs, others = ROLL[-5], ROLL[-6]
    assert ask("", theirs["身份证号"], street).person_key
    for row in (others, ROLL[NURSE]):
        found = ask("", row["身份证号"], street)
        assert (found.where, found.reasons) == (Where.NOT_FOUND, ()), "another street's as one that is nowhere"
    notes = office_of_run.store.acts(what="find")
    assert len(notes) > 10
    assert not any(row["身份证号"] in str(note) or row["姓名"] in str(note) for row in ROLL for note in notes)


def test_a_task_number_finds_and_without_originals_that_is_said(office_of_run: Office, tmp_path: Path) -> None:
    sheet = export_tasks(office_of_run.home, TaskOrder(tmp_path, "王", inside=True)).files[0]
    cells = [cell for row in openpyxl.load_workbook(sheet).active.iter_rows(values_only=True) for cell in row]
    number = next(read_number(cell) for cell in cells if isinstance(cell, str) and read_number(cell))
    assert number is not None
    found = answer_enquiry(office_of_run, WHOLE, enquiry_of("", number.lower().replace("-", " ")))
    assert (found.where, found.task, found.path) == (Where.LEDGER, number, f"/task/{number}")
    other = number[:-1] + ("C" if number.endswith("B") else "B")
    assert answer_enquiry(office_of_run, WHOLE, enquiry_of("", other)).where == Where.NOT_FOUND
    typed = f"{ROLL[NURSE]['姓名']}\n{ROLL[NURSE]['身份证号']}\n"
    command = [str(SANZHAO), "find", "--home", str(office_of_run.home.root)]
    done = subprocess.run(command, input=typed, env=clean_environment(), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(Where.ROLL.value)
    assert "范围外" in done.stdout
    assert ROLL[NURSE]["身份证号"] not in done.stdout + done.stderr
    for path in office_of_run.home.landing.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    gone = answer_enquiry(office_of_run, WHOLE, enquiry_of("", ROLL[NURSE]["身份证号"]))
    assert (gone.where, gone.reasons) == (Where.NOT_FOUND, ())


def test_a_street_that_nobody_knows_is_refused_with_the_known_ones(office_of_run: Office) -> None:
    held = office_of_run.version_in_force()
    assert set(STREETS) <= set(known_streets(held))
    assert check_streets(held, STREETS)
    with pytest.raises(InputError, match="云溪街办") as refused:
        check_streets(held, ["云溪街办", STREETS[0]])
    assert all(street in str(refused.value) for street in STREETS)
    officer = SignedInAccount("云溪查", Role.OFFICER, frozenset({STREETS[0]}))
    office_of_run.accounts.add(officer, "Kezhang-2026", at=office_of_run.now(), by="test")
    with pytest.raises(InputError, match="哪个镇街"):
        office_of_run.accounts.change(officer.name, streets=[])
    assert office_of_run.accounts.get(officer.name) == officer
    with pytest.raises(InputError, match="哪个镇街"):
        office_of_run.accounts.add(
            SignedInAccount("王核查", Role.OFFICER), "Kezhang-2026", at=office_of_run.now(), by="test"
        )
