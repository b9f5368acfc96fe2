"""Two small districts exchange: whom both hold is found, nothing in clear travels, and no spoiled file is taken."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from flows.cli.app import app
from flows.cli.ending import ended
from flows.exchange.agreement import ExchangeAgreement, load_agreement, make_agreement
from flows.exchange.comparing import compare_files
from flows.exchange.export import _evidence
from flows.exchange.importing import ImportOrder, import_result
from flows.exchange.sides import DistrictSides, read_sides
from flows.exchange.token_file import read_tokens
from flows.home.folders import Home, write_private
from flows.home.keys import load_key
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version
from flows.review.office import Office
from flows.sample import SampleOptions, generate
from flows.sample.options import Neighbour
from reports.workbench.access import Role, SignedInAccount
from schemas.errors import InputError
from tests.flows.command import DAY, sanzhao, without_reports

pytestmark = pytest.mark.slow

PASSWORD = "a-Pass-word-of-9"  # noqa: S105
NUMBER = "2026-0003"
Order = tuple[str, ...]


@dataclass(frozen=True)
class Two:
    """Two districts' homes, the agreement both have, and the file of each."""

    folder: Path
    homes: dict[str, Home]
    key: Path
    truth: pa.Table
    sides: dict[str, DistrictSides]
    """What each holds in clear, read once for all tests."""

    @property
    def agreement(self) -> ExchangeAgreement:
        return load_agreement(self.key)

    def file(self, district: str) -> Path:
        return self.folder / f"{district}.szx"


def settled(home: Path, district: str) -> Home:
    """The home under a district's name, with an account that may take names out."""
    config = home / "config.toml"
    lines = config.read_text("utf-8").splitlines(keepends=True)
    write_private(config, "".join(
        f'district = "{district}"\n' if line.startswith("district =") else line for line in lines
    ).encode())  # fmt: skip
    office = Office.open(Home(home))
    office.accounts.add(SignedInAccount("审核", Role.REVIEWER), PASSWORD, at=office.now(), by="test")
    office.close()
    return Home(home)


@pytest.fixture(scope="module")
def two(finished_home: Path, small_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Two:
    """甲区 is the small district of all tests; 乙区 its neighbour. Both have exported."""
    folder = tmp_path_factory.mktemp("exchange")
    generate(SampleOptions(
        workers=400, members=700, seed=8, out=folder / "sample", member_share=0.1, as_of=DAY,
        neighbour=Neighbour(7, 400, 700),
    ))  # fmt: skip
    other = folder / "b"
    sanzhao("init", "--home", other)
    answer = sanzhao("run", "--home", without_reports(other), "--drop", folder / "sample" / "drop", "--as-of", DAY)
    assert answer.code in (0, 3), answer.err
    homes = {
        "甲区": settled(Path(shutil.copytree(finished_home, folder / "a")), "甲区"), "乙区": settled(other, "乙区"),
    }  # fmt: skip
    write_private(folder / "pw", PASSWORD.encode())
    key = folder / "key"
    words = ("exchange", "agree", "--home", homes["甲区"].root, "--number", NUMBER, "--with", "乙区", "--out", key)
    assert ended(app, [str(word) for word in words]) == 0
    truth = pq.read_table(folder / "sample" / "truth" / "neighbour.parquet")
    found = Two(folder, homes, key, truth, {district: sides_of(home) for district, home in homes.items()})
    for district, home in homes.items():
        assert ended(app, export_words(found, home, found.file(district))) == 0
    return found


def export_words(two: Two, home: Home, out: Path) -> list[str]:
    words = (
        "exchange", "export", "--home", home.root, "--key", two.key, "--out", out, "--user", "审核", "--reason",
        "区际互找党员", "--contact", "组织科 023-61110000", "--password-file", two.folder / "pw",
    )  # fmt: skip
    return [str(word) for word in words]


def sides_of(home: Home) -> DistrictSides:
    version = current_version(home, load_key(home))
    assert version is not None
    return read_sides(home, version)


def people(sides: DistrictSides) -> dict[str, set[str]]:
    both = [row for side in (sides.members, sides.workers) for row in side.to_pylist()]
    return {
        "names": {row["name"] for row in both if row["name"] and len(row["name"]) > 2 and "*" not in row["name"]},
        "numbers": {row["id_number"] for row in both if row["id_kind"] == "full"},
        "phones": {phone for row in both for phone in row["phones"] if len(phone) == 11 and "*" not in phone},
    }


def test_both_districts_find_the_people_they_share_and_nobody_else(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str], small_district: Path
) -> None:
    """Through the command line to the workbook of the next night, which names the own side's people alone."""
    home = two.homes["甲区"]
    words = ("exchange", "match", two.file("乙区"), two.file("甲区"), "--home", home.root, "--key", two.key)
    assert ended(app, [str(word) for word in (*words, "--out", tmp_path)]) == 0
    third = tmp_path / "third"
    compare_files((two.file("甲区"), two.file("乙区")), third, None, None)
    told = {}
    for district in two.homes:
        name = f"交换结果-{NUMBER}-{district}.json"
        told[district] = json.loads(json.loads((tmp_path / name).read_text("utf-8"))["result"])
        assert told[district] == json.loads(json.loads((third / name).read_text("utf-8"))["result"])
    pairs = [{one["number"]: one["member_here"] for one in told[district]["pairs"]} for district in ("甲区", "乙区")]
    assert pairs[0].keys() == pairs[1].keys()
    assert all(pairs[0][number] != pairs[1][number] for number in pairs[0])

    for district, one in two.homes.items():
        order = ImportOrder("审核", PASSWORD, "区际互找党员", tmp_path / f"交换结果-{NUMBER}-{district}.json")
        done = import_result(one, two.agreement, order)
        assert done.members + done.workers == len(pairs[0])
        with pytest.raises(InputError, match="已于"):
            import_result(one, two.agreement, order)
    _check_people(two)

    config = home.config.read_text("utf-8")
    write_private(home.config, re.sub(r"(?m)^#? ?reports = .*", 'reports = ["workbook"]', config).encode())
    answer = sanzhao("run", "--home", home.root, "--drop", small_district / "drop", "--as-of", DAY + timedelta(days=1))
    assert answer.code in (0, 3), answer.err
    book = max(home.reports.glob("*/一本账.xlsx"))
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("流入流出与协查").to_python()
    listed = [row for row in rows if any("协查 2026-0003-" in str(cell) for cell in row)]
    assert len(listed) == len(pairs[0])
    assert all(re.search(r"本区见\S+ \S+ 第\d+行", str(row)) for row in listed), "an officer can find the own row"
    assert all("乙区" in str(row) and "组织科 023-61110000" in str(row) for row in listed)


def _check_people(two: Two) -> None:
    """Every find is of one name on both sides, under one number; and no more are found than the truth has in both."""
    own = {}
    for district, home in two.homes.items():
        with opened_store(home) as store:
            own[district] = {one.pair: one for one in store.exchange_finds()}
    assert own["甲区"].keys() == own["乙区"].keys()
    kinds = two.truth["standing"].to_pylist()
    assert 2 <= sum(one.standing == "member_here" for one in own["甲区"].values()) <= kinds.count("works_here") * 2
    assert 1 <= sum(one.standing == "works_here" for one in own["甲区"].values()) <= kinds.count("member_here") * 2
    names = {district: names_by_token(home, two.sides[district]) for district, home in two.homes.items()}
    for pair, find in own["甲区"].items():
        here = {names["甲区"][token] for token in find.tokens}
        there = {names["乙区"][token] for token in own["乙区"][pair].tokens}
        assert here & there, "one person's name stands on both sides of a pair"


def names_by_token(home: Home, sides: DistrictSides) -> dict[str, str]:
    return {
        token: name
        for side, workers in ((sides.members, False), (sides.workers, True))
        for token, name in zip(
            _evidence(load_key(home), side, workers=workers).values(), side["name"].to_pylist(), strict=True
        )
    }


def test_no_clear_value_and_no_plain_hash_is_in_any_file_that_travels_or_stays(two: Two) -> None:
    for district, home in two.homes.items():
        held = people(two.sides[district])
        files = [two.file(district), *home.landing.glob("*/*/relation_exchange_*"), home.state / "sanzhao.db"]
        for file in files:
            data = file.read_bytes()
            for kind, values in held.items():
                assert values, kind
                assert [one for one in values if one.encode() in data] == []
            for number in sorted(held["numbers"])[::40]:
                for algorithm in ("md5", "sha1", "sha256", "sm3"):
                    digest = hashlib.new(algorithm, number.encode())
                    assert digest.digest()[:8] not in data
                    assert digest.hexdigest()[:16].encode() not in data
        assert oct(two.file(district).stat().st_mode & 0o777) == "0o600"
        assert list(home.runs.glob("exchange-*/*")) == list(home.runs.glob("exchange-*/destruction.json"))


def test_a_file_has_no_token_twice_and_its_chaff_looks_like_the_rest(two: Two) -> None:
    file = read_tokens(two.file("甲区"), two.agreement)
    for section in (file.members, file.workers):
        assert len(np.unique(section.tokens, axis=0)) == len(section.tokens)
        ones = np.unpackbits(section.tokens.view(np.uint8)).mean()
        assert abs(ones - 0.5) < 0.01


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def turned(data: bytes) -> bytes:
    return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (cut, "校验不符"), "altered": (turned, "校验不符"), "empty": (lambda data: b"", "不是交换文件"),
    "another kind": (lambda data: b"PK\x03\x04" + data, "不是交换文件"),
    "a header that lies": (lambda data: data.replace(b'"version":1', b'"version":9', 1), "版本"),
    "a header of no end": (lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:], "不是交换文件"),
    "longer": (lambda data: data + b"more", "校验不符"),
    "of another exchange": (lambda data: data.replace(NUMBER.encode(), b"2026-0004", 1), "2026-0004"),
}  # fmt: skip


def test_no_spoiled_file_and_no_other_key_is_taken(two: Two, tmp_path: Path) -> None:
    good = two.file("乙区")
    for what, (spoil, message) in SPOILED.items():
        bad = tmp_path / f"{what}.szx"
        bad.write_bytes(spoil(good.read_bytes()))
        with pytest.raises(InputError, match=message):
            compare_files((two.file("甲区"), bad), tmp_path / "out", two.homes["甲区"], two.agreement)
    make_agreement(tmp_path / "k", NUMBER, ("甲区", "乙区"), DAY)
    with pytest.raises(InputError, match="校验不符"):
        compare_files((two.file("甲区"), good), tmp_path / "out", two.homes["甲区"], load_agreement(tmp_path / "k"))
    with pytest.raises(InputError, match="都是"):
        compare_files((good, good), tmp_path / "out", two.homes["甲区"], two.agreement)
    with pytest.raises(InputError, match="没有传完"):
        (tmp_path / "short").write_bytes(good.read_bytes()[:-40])
        compare_files((two.file("甲区"), tmp_path / "short"), tmp_path / "out", None, None)
    assert not (tmp_path / "out").exists()


def test_a_result_that_was_altered_or_is_the_others_names_nobody(two: Two, tmp_path: Path) -> None:
    compare_files((two.file("甲区"), two.file("乙区")), tmp_path, two.homes["甲区"], two.agreement)
    own = tmp_path / f"交换结果-{NUMBER}-甲区.json"
    wrapped = json.loads(own.read_text("utf-8"))
    body = json.loads(wrapped["result"])
    body["pairs"] = [{"number": 1, "member_here": True, "entries": [0]}]
    forged = json.dumps({**wrapped, "result": json.dumps(body)})
    unsealed = json.dumps({**wrapped, "mac": None})
    theirs = (tmp_path / f"交换结果-{NUMBER}-乙区.json").read_text("utf-8")
    for text, message in ((forged, "校验不符"), (unsealed, "校验不符"), (theirs, "不是用本区"), ("{}", "不是交换结果")):
        path = tmp_path / "bad.json"
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=message):
            import_result(two.homes["甲区"], two.agreement, ImportOrder("审核", PASSWORD, "区际互找党员", path))


def test_an_exchange_is_exported_once_until_its_day_by_its_two_districts_and_by_whoever_may(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = two.homes["甲区"]
    assert ended(app, export_words(two, home, tmp_path / "again.szx")) == 1
    assert "只导出一次" in capsys.readouterr().err
    key = tmp_path / "old"
    make_agreement(key, "2026-0009", ("甲区", "乙区"), date(2026, 1, 1), expires_on=date(2026, 1, 20))
    old = [str(key) if word == str(two.key) else word for word in export_words(two, home, tmp_path / "again.szx")]
    assert ended(app, old) == 1
    assert "到期" in capsys.readouterr().err
    strangers = tmp_path / "strangers"
    make_agreement(strangers, "2026-0010", ("丙区", "丁区"), DAY)
    with pytest.raises(InputError, match="本区是 甲区"):
        load_agreement(strangers).other("甲区")
    strangers.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        load_agreement(strangers)
    with pytest.raises(InputError, match="不是交换约定"):
        load_agreement(two.folder / "pw")
    write_private(tmp_path / "wrong", b"not it")
    words = export_words(two, home, tmp_path / "n")
    denied = [str(tmp_path / "wrong") if word == str(two.folder / "pw") else word for word in words]
    assert ended(app, denied) == 1
    assert "口令不对" in capsys.readouterr().err
    assert not (tmp_path / "again.szx").exists()
