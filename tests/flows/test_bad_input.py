"""Every kind of bad input, through the real command line: one clear Chinese line, the right code, a whole ledger."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msoffcrypto.format.ooxml
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from flows.home.folders import Home
from flows.run.runs import run_lock
from tests.flows.command import Answer, sanzhao, without_reports
from tests.flows.ledger.district import number_of

pytestmark = pytest.mark.slow

Run = Callable[..., Answer]
ONE_ID = "11010519491231002X"
TAKEN = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
NO_RIGHTS = TAKEN if os.geteuid() == 0 else ()
"""Root reads everything unless that right is taken from it; util-linux has what takes it."""


def state_of(home: Path) -> dict[str, str]:
    """Checksum of every published byte."""
    files = (path for path in (home / "ledger").rglob("*") if path.is_file() and "failed" not in path.parts)
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def workbook(path: Path, rows: list[list[str]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def refused(answer: Answer, *words: str) -> None:
    """One line on standard error with these words, and code 1."""
    assert answer.code == 1, answer.err
    assert len(answer.err.strip().splitlines()) == 1, answer.err
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err, (word, answer.err)


def went_on(answer: Answer, *words: str) -> None:
    """Published with a warning that says these words."""
    assert answer.code == 3, answer.err
    assert "Traceback" not in answer.err
    flat = "".join(answer.out.split())
    for word in words:
        assert "".join(word.split()) in flat, (word, answer.out)


def no_roll(drop: Path) -> None:
    shutil.rmtree(drop / "party_members")


def nothing_at_all(drop: Path) -> None:
    shutil.rmtree(drop)
    drop.mkdir()


def not_there(drop: Path) -> None:
    shutil.rmtree(drop)


def roll_without_provenance(drop: Path) -> None:
    (drop / "party_members" / "provenance.toml").unlink()


def roll_of_pictures_only(drop: Path) -> None:
    for path in (drop / "party_members").iterdir():
        if path.name != "provenance.toml":
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_roll, ("党员名册", "party_members", "处理办法")),
        (nothing_at_all, ("空", "处理办法")),
        (not_there, ("不存在", "处理办法")),
        (roll_without_provenance, ("party_members", "provider", "legal_basis")),
        (roll_of_pictures_only, ("party_members",)),
    ],
)
def test_without_a_usable_roll_nothing_is_published(
    run_again: Run, home: Path, drop: Path, spoil: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    before = state_of(home)
    spoil(drop)
    refused(run_again(), *words)
    assert state_of(home) == before


def a_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)


def under_password(path: Path) -> None:
    plain = path.with_name("plain.xlsx")
    workbook(plain, [["平台", "姓名", "手机号"], ["蓝骑", "张三", "13800000000"]])
    with plain.open("rb") as clear, path.open("wb") as locked:
        msoffcrypto.format.ooxml.OOXMLFile(clear).encrypt("secret", locked)
    plain.unlink()


def without_known_header(path: Path) -> None:
    workbook(path, [["甲", "乙", "丙"], ["1", "2", "3"], ["4", "5", "6"]])


def without_required_column(path: Path) -> None:
    workbook(path, [["平台", "骑手编号", "站点"], ["蓝骑", "R1", "一站"], ["蓝骑", "R2", "一站"]])


def cut_short(path: Path) -> None:
    whole = path.with_name("whole.xlsx")
    workbook(whole, [["平台", "姓名", "手机号"], *[["蓝骑", "张三", "13800000000"]] * 500])
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_zip_named_csv(path: Path) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet().write(0, 0, "x")
    path.write_bytes(buffer.getvalue())


BAD_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "一张图片.xlsx": (a_picture, ""),
    "有密码.xlsx": (under_password, "密码"),
    "不认得表头.xlsx": (without_known_header, "表头"),
    "缺一列.xlsx": (without_required_column, "姓名"),
    "传了一半.xlsx": (cut_short, ""),
    "空文件.xlsx": (empty, "空"),
    "其实是压缩包.csv": (a_zip_named_csv, ""),
}


def test_every_bad_file_is_named_with_its_own_reason_and_the_rest_goes_on(
    run_again: Run, home: Path, drop: Path
) -> None:
    before = state_of(home)
    for name, (spoil, _) in BAD_FILES.items():
        spoil(drop / "platform" / name)
    answer = run_again()
    went_on(answer, *BAD_FILES)
    flat = "".join(answer.out.split())
    for name, (_, reason) in BAD_FILES.items():
        assert any(reason in told[:160] for told in flat.split(name)[1:]), (name, answer.out)
    after = state_of(home)
    assert after["ledger/index.json"] != before["ledger/index.json"]
    kept = {path: sum_ for path, sum_ in before.items() if path.startswith("ledger/versions/")}
    assert kept.items() <= after.items()


@pytest.fixture(scope="module")
def with_gaps(finished_home: Path, small_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """A night that lacks three sources, each for a reason of its own."""
    folder = tmp_path_factory.mktemp("gaps")
    home = without_reports(Path(shutil.copytree(finished_home, folder / "home")))
    drop = Path(shutil.copytree(small_district / "drop", folder / "drop"))
    (drop / "transport" / "provenance.toml").unlink()
    shutil.rmtree(drop / "human_resources")
    (drop / "market_regulation").chmod(0)
    answer = sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20", before=NO_RIGHTS)
    (drop / "market_regulation").chmod(0o700)
    return answer


def warned(answer: Answer, *words: str) -> None:
    """Published with one warning that says all these words."""
    went_on(answer)
    told = ["".join(part.split()) for part in answer.out.split("提醒：")[1:]]
    assert any(all(word in part.split("提示：")[0] for word in words) for part in told), answer.out


def test_a_source_without_provenance_is_left_aside_with_a_template(with_gaps: Answer) -> None:
    warned(with_gaps, "transport", "provider", "approval_no")


def test_a_source_that_did_not_come_is_named(with_gaps: Answer) -> None:
    warned(with_gaps, "人社：本次没有可用的文件，沿用上次证据")


def test_a_folder_without_permission_is_named_and_the_rest_goes_on(with_gaps: Answer) -> None:
    warned(with_gaps, "market_regulation", "没有权限")


def test_a_drop_without_permission_is_refused(run_again: Run, home: Path, drop: Path) -> None:
    before = state_of(home)
    drop.chmod(0)
    answer = run_again(before=NO_RIGHTS)
    drop.chmod(0o700)
    refused(answer, "没有权限")
    assert state_of(home) == before


TWICE = {"同名": ("1", "欧阳测试", "欧阳测试", ONE_ID), "异名": ("2", "司马测试", "赵不同", number_of(41))}
"""Two pairs of roll entries with one ID each: of one name, and of two."""


def roll_twice(drop: Path) -> None:
    """Two roll entries with one ID, and a rider with that ID, for each of the pairs."""
    header = ["党员编号", "姓名", "公民身份号码", "手机号码", "人员类别"]
    riders = [["平台", "骑手编号", "姓名", "手机号", "身份证号"]]
    for title, (mark, *names, number) in TWICE.items():
        phone = f"1387654321{mark}"
        entries = [[f"D{mark}00{at}", name, number, phone, "正式党员"] for at, name in enumerate(names, start=1)]
        workbook(drop / "party_members" / f"重复登记{title}.xlsx", [header, *entries])
        riders.append(["蓝骑", f"R{mark}", names[0], phone, number])
    workbook(drop / "platform" / "两名骑手.xlsx", riders)


def doubts(home: Path) -> dict[str, list[str]]:
    """Doubts of the waiting pairs that come from the double entries, by file."""
    version = json.loads((home / "ledger" / "index.json").read_text("utf-8"))["version"]
    rows = pq.read_table(home / "ledger" / "versions" / version / "review.parquet").to_pylist()
    files = {title: f"重复登记{title}.xlsx" for title in TWICE}
    return {title: [row["doubt"] for row in rows if row["file"] == file] for title, file in files.items()}


def flagged(home: Path) -> list[str]:
    """Roll numbers of persons flagged as entered twice, from the double entries."""
    rows = pq.read_table(home / "ledger" / "ledger.parquet").to_pylist()
    numbers = [row["member_no"] for row in rows if "duplicate_roll_entry" in row["flags"]]
    return [number for number in numbers if number in ("D1001", "D2001")]


def test_two_roll_entries_with_one_id_are_named_by_file_and_row_and_wait_for_a_person(
    run_again: Run, home: Path, drop: Path
) -> None:
    roll_twice(drop)
    answer = run_again("--json")
    assert answer.code in (0, 3), answer.err
    for title in TWICE:
        notices = [line for line in json.loads(answer.out)["notices"] if f"重复登记{title}.xlsx" in line]
        assert len(notices) == 1
        assert all(word in notices[0] for word in ("第2行", "第3行", "duplicate_roll_entry", "处理办法"))
    assert doubts(home) == {"同名": ["duplicate_roll_entry"], "异名": ["duplicate_roll_entry"]}
    assert flagged(home) == ["D1001"], "one name and one ID are one person, two names are not"


def test_a_second_run_while_one_is_going_is_turned_away(run_again: Run, home: Path) -> None:
    before = state_of(home)
    with run_lock(Home(home)):
        refused(run_again(), "另一次运行正在进行", "处理办法")
    assert state_of(home) == before


def test_a_mistake_in_the_configuration_is_named_by_file_and_key(run_again: Run, home: Path) -> None:
    (home / "config.toml").write_text("threads = 0\n", "utf-8")
    refused(run_again(), "config.toml", "threads")


def test_another_key_than_the_home_s_is_refused(run_again: Run, home: Path) -> None:
    (home / "keys" / "district.key").write_text("0" * 8, "utf-8")
    refused(run_again(), "密钥")


def test_usage_mistakes_end_with_two(tmp_path: Path) -> None:
    for words in (("run",), ("run", "--home", tmp_path, "--as-of", "昨天"), ("nothing",), ("run", "--nothing")):
        answer = sanzhao(*words)
        assert (answer.code, "用法有误" in answer.err) == (2, True), words
