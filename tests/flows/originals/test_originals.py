"""An original that is shown or exported is that person's, whatever stands on their row of the file tonight.

One home over four nights: a rider leaves and another takes their row; a night is run twice; a night is refused; the
copies are destroyed.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from flows.evaluate.ledger import evaluate_home
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger.publish.read import Published, current_version
from flows.originals import Bearer, Spot
from flows.originals.explaining import explain
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from flows.privacy.identified_export import Order, export_identified
from flows.review.desk import OfficeDesk
from flows.review.office import Office
from flows.tasks.contacts import read_contacts
from reports.workbench.access import Role, SignedInAccount
from schemas.errors import InputError
from tests.browser.district import members, write_drop
from tests.flows.command import without_reports
from tests.flows.review.conftest import Clock

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)
PASSWORD = "a-Pass-word-of-9"  # noqa: S105
RIDERS = "蓝骑骑手.csv"


def write_riders(drop: Path, numbers: list[int]) -> None:
    """The platform's list with these members of the roll, in this order."""
    with (drop / "platform" / RIDERS).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["平台", "骑手编号", "姓名", "身份证号", "手机号"])
        for at in numbers:
            row = members()[at]
            writer.writerow(["蓝骑", f"L{at:04d}", row["姓名"], row["身份证号"], row["手机号码"]])


LEAVER, HEIR, STAYER = 30, 18, 31
"""30 and 18 bear one surname; on the second night 18 stands on the row on which 30 stood on the first."""


class Play:
    def __init__(self, folder: Path) -> None:
        self.drop = write_drop(folder / "drop")
        self.home = Home(without_reports(folder / "home"))
        write_riders(self.drop, [LEAVER, STAYER])
        self.night(FIRST)
        write_riders(self.drop, [HEIR, STAYER])
        self.night(SECOND)
        self.office = Office.open(self.home, clock=Clock())
        self.desk = OfficeDesk(self.office)
        account = SignedInAccount("李审核", Role.REVIEWER)
        self.office.accounts.add(account, PASSWORD, at=self.office.now(), by="test")
        self.session = self.office.sessions.open(account, self.office.now())

    def night(self, day: date) -> None:
        drive(RunRequest(self.home, drop=self.drop, as_of=day))

    def version(self) -> Published:
        found = current_version(self.home, load_key(self.home))
        assert found is not None
        return found

    def person(self, at: int) -> dict[str, Any]:
        number = members()[at]["党员编号"]
        return next(row for row in self.version().table("ledger").to_pylist() if row["member_no"] == number)

    def original(self, at: int, role: str) -> str:
        """The name that 查看原件 shows."""
        row = self.person(at)
        place = next(number for number, piece in enumerate(row["evidence"]) if piece["role"] == role)
        self.office.shelf.refresh()
        return self.desk.unmask_evidence(self.session, row["person_key"], place, "核对从业情况").fields["name"]

    def exported(self, out: Path) -> dict[str, dict[str, Any]]:
        export_identified(self.home, Order("李审核", PASSWORD, "组织部核对", out))
        key = out.with_name(f"{out.name}.key").read_bytes()
        table = pq.read_table(out, decryption_properties=pe.create_decryption_properties(footer_key=key))
        return {row["member_no"]: row for row in table.to_pylist()}

    def acts(self, what: str) -> list[str]:
        return [str(row["why"]) for row in self.office.store.acts(what=what)]


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    found = Play(tmp_path_factory.mktemp("originals"))
    yield found
    found.office.close()


def name_of(at: int) -> str:
    return members()[at]["姓名"]


def test_who_left_is_shown_from_the_night_on_which_their_row_landed(play: Play, tmp_path: Path) -> None:
    leaver, heir = play.person(LEAVER), play.person(HEIR)
    assert name_of(LEAVER)[0] == name_of(HEIR)[0]
    assert "not_seen" in leaver["flags"]
    places = [
        next((piece["file"], piece["row"]) for piece in row["evidence"] if piece["role"] == "worker")
        for row in (leaver, heir)
    ]
    assert places[0] == places[1], "one row of one file, on two nights"
    assert {piece["landed_on"] for piece in leaver["evidence"]} == {FIRST}
    assert {piece["landed_on"] for piece in play.person(STAYER)["evidence"]} == {SECOND}
    assert play.original(LEAVER, "worker") == name_of(LEAVER)
    assert play.original(HEIR, "worker") == name_of(HEIR)
    rows = play.exported(tmp_path / "out.parquet")
    for at in (LEAVER, HEIR, STAYER):
        told = members()[at]
        found = rows[told["党员编号"]]
        assert (found["name"], found["id_number"]) == (told["姓名"], told["身份证号"])
        assert told["手机号码"] in found["phones"]
    phones = read_contacts(play.home, play.office.key, play.version(), [leaver, heir])
    for at, row in ((LEAVER, leaver), (HEIR, heir)):
        number = members()[at]["手机号码"]
        assert phones[row["person_key"]] == [f"{number[:3]}****{number[-4:]}"]
    told = "\n".join(explain(play.home, leaver["person_key"], play.office.policy))
    assert "逐项（比特）" in told, "the pair as its own night decided it"


def test_what_does_not_fit_the_ledgers_tokens_is_refused_and_noted(play: Play) -> None:
    leaver = play.person(LEAVER)
    piece = next(piece for piece in leaver["evidence"] if piece["role"] == "worker")
    elsewhere = Spot.of({**piece, "landed_on": SECOND})
    with pytest.raises(InputError) as refused:
        play.office.read_original(
            "李审核",
            leaver["person_key"],
            lambda: play.office.originals.of_evidence(elsewhere, Bearer.of(leaver), play.version()),
        )
    assert refused.value.rule == "original_differs"
    assert play.acts("unmask_refused") == ["original_differs"]
    found = play.office.originals.many([(elsewhere, Bearer.of(leaver))], play.version())
    assert (dict(found.records), found.differing) == ({}, 1)


def test_the_evaluation_takes_no_row_of_an_earlier_night_for_tonights(play: Play, tmp_path: Path) -> None:
    """The truth says who stands on each row tonight; on the leaver's old row stands the heir."""
    import pyarrow as pa

    people = [
        {"source": "platform", "file": RIDERS, "sheet": None, "row": place, "member_no": members()[at]["党员编号"]}
        for place, at in ((2, HEIR), (3, STAYER))
    ]
    for row in people:
        row |= {"person": row["member_no"], "linkable": True}
    pq.write_table(pa.Table.from_pylist(people), tmp_path / "rows.parquet")
    told = [{"person": one["党员编号"], "member_no": one["党员编号"], "statuses": list[str]()} for one in members()]
    schema = pa.schema([("person", pa.string()), ("member_no", pa.string()), ("statuses", pa.list_(pa.string()))])
    pq.write_table(pa.Table.from_pylist(told, schema=schema), tmp_path / "members.parquet")
    found = evaluate_home(play.home.root, tmp_path)
    assert found.wrong_links["exact_and_strong"] == 0
    assert found.links["exact_and_strong"].right == 2


def test_a_night_run_again_opens_its_own_copies_and_a_refused_run_lends_none(play: Play) -> None:
    write_riders(play.drop, [STAYER, HEIR])
    play.night(SECOND)
    assert (play.original(HEIR, "worker"), play.original(STAYER, "worker")) == (name_of(HEIR), name_of(STAYER))
    assert play.original(LEAVER, "worker") == name_of(LEAVER)
    shutil.copytree(play.drop, play.drop.with_name("whole"))
    (play.drop / "party_members/党员名册.csv").write_text("无关,列\n1,2\n", "utf-8")
    write_riders(play.drop, [HEIR, STAYER])
    with pytest.raises(InputError):
        play.night(SECOND)
    assert (play.original(HEIR, "worker"), play.original(STAYER, "worker")) == (name_of(HEIR), name_of(STAYER))
    shutil.rmtree(play.drop)
    shutil.move(play.drop.with_name("whole"), play.drop)


def test_once_the_copies_of_its_night_are_destroyed_nothing_is_shown_for_a_row(play: Play, tmp_path: Path) -> None:
    shutil.rmtree(play.home.landing / FIRST.isoformat())
    with pytest.raises(InputError, match="原件已销毁"):
        play.original(LEAVER, "worker")
    assert play.original(HEIR, "worker") == name_of(HEIR)
    rows = play.exported(tmp_path / "later.parquet")
    assert rows[members()[LEAVER]["党员编号"]]["original"] == "原件已销毁"
    assert rows[members()[LEAVER]["党员编号"]]["name"] is None
    leaver = play.person(LEAVER)
    assert read_contacts(play.home, play.office.key, play.version(), [leaver]) == {leaver["person_key"]: None}
    assert any("original_destroyed" in why for why in play.acts("unmask_refused"))
