"""Clear names leave the house encrypted, by someone with that right, with a reason, and noted; else not at all."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from flows.home.folders import Home
from flows.home.store import opened_store
from flows.ledger.publish.read import Published
from flows.privacy.identified_export import Order, _written, export_identified
from flows.review.office import Office
from reports.workbench.access import Role, SignedInAccount
from schemas.errors import InputError

pytestmark = pytest.mark.slow

PASSWORD = "a-Pass-word-of-9"  # noqa: S105


@pytest.fixture(scope="module")
def with_accounts(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished home, with accounts. Copy it before changing it."""
    home = Path(shutil.copytree(finished_home, tmp_path_factory.mktemp("accounts") / "home"))
    office = Office.open(Home(home))
    streets = frozenset({"云溪街道"})
    for account in (
        SignedInAccount("审核", Role.REVIEWER), SignedInAccount("镇街", Role.REVIEWER, streets),
        SignedInAccount("只看", Role.READER), SignedInAccount("管理", Role.ADMIN),
    ):  # fmt: skip
        office.accounts.add(account, PASSWORD, at=office.now(), by="test")
    office.close()
    return home


@pytest.fixture
def office_home(with_accounts: Path, tmp_path: Path) -> Home:
    """A home of one's own with accounts."""
    return Home(Path(shutil.copytree(with_accounts, tmp_path / "home")))


def acts(home: Home, what: str) -> list[tuple[object, object]]:
    with opened_store(home) as store:
        return [(row["who"], row["why"]) for row in store.acts(what=what)]


def test_the_export_reads_back_with_its_key_in_pyarrow_and_duckdb_and_not_without(
    office_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_district: Path
) -> None:
    out = tmp_path / "out" / "实名.parquet"
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    words = ["ledger", "export", "--identified", "--home", str(office_home.root), "--out", str(out), "--user", "审核"]
    assert ended(app, [*words, "--reason", "组织部核对", "--password-file", str(tmp_path / "password")]) == 0
    key = out.with_name("实名.parquet.key").read_bytes()
    monkeypatch.chdir(out.parent)
    told: dict[str, Any] = {}
    exec(readme_block("python", "create_decryption_properties"), told)  # noqa: S102 - the README's own lines
    table = told["表"]
    assert table.equals(pq.read_table(out, decryption_properties=pe.create_decryption_properties(footer_key=key)))
    ledger = pq.read_table(office_home.ledger / "ledger.parquet")
    assert table["person_key"].to_pylist() == ledger["person_key"].to_pylist()
    pairs = list(zip(table["name"].to_pylist(), ledger["name_masked"].to_pylist(), strict=True))
    assert sum(name is not None for name, _ in pairs) > 0.9 * len(pairs)
    assert all(name[0] == masked[0] for name, masked in pairs if name and masked and masked[0] != "*")
    assert sum(number is not None for number in table["id_number"].to_pylist()) > 0.8 * len(pairs)
    with duckdb.connect() as con:
        *lines, asked = readme_block("sql", "add_parquet_key").replace("密钥文件的内容", key.decode()).split(";\n")[:3]
        for line in lines:
            con.execute(line)
        surnames = [name for name, _ in pairs if name and name[0] == "张"]
        assert [row[0] for row in con.execute(asked).fetchall()] == surnames != []
        whole = "from read_parquet('实名.parquet', encryption_config = {footer_key: 'k'}) order by person_key"
        assert con.execute(whole).to_arrow_table().num_rows == table.num_rows
        with pytest.raises(duckdb.Error):
            con.execute("select * from read_parquet($path)", {"path": str(out)})
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(out)
    raw = out.read_bytes()
    assert not any(name.encode() in raw for name, _ in pairs if name)
    assert [path.stat().st_mode & 0o777 for path in (out, out.with_name("实名.parquet.key"))] == [0o600, 0o600]
    assert table.schema.metadata[b"watermark"].decode().startswith("内部资料 审核 ")
    ((who, why),) = acts(office_home, "export_identified")
    assert (who, "组织部核对" in str(why)) == ("审核", True)


def readme_block(language: str, word: str) -> str:
    """The README's own lines: the block of a language that has this word in it."""
    text = (Path(__file__).parents[3] / "docs" / "安全与隐私.md").read_text("utf-8")
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.M | re.S)
    return textwrap.dedent(next(block for block in blocks if word in block))


@pytest.mark.parametrize("rows", [1, 70_000])
def test_an_export_of_any_size_is_read_whole_by_both_and_can_be_asked(tmp_path: Path, rows: int) -> None:
    """Further pages of one column are what DuckDB 1.5.5 stumbles over."""
    ids = [f"p{at:06d}" for at in range(rows)]
    table = pa.table({"person_key": ids, "evidence": [f'[{{"file":"{at}"}}]' * 9 for at in ids], "original": ids})
    out = tmp_path / "实名.parquet"
    _written(table, out, "内部资料", Published(tmp_path, {"version": "v", "as_of": "2026-11-20"}), 0)
    key = out.with_name("实名.parquet.key").read_text("utf-8")
    with duckdb.connect() as con:
        con.execute(f"pragma add_parquet_key('k', '{key}')")
        read = "from read_parquet($path, encryption_config = {footer_key: 'k'})"
        con.execute(readme_block("sql", "add_parquet_key").split(";\n")[1])
        for query, found in {
            f"select count(*), min(person_key) {read} where person_key like 'p%'": (rows, "p000000"),
            f"select count(*), min(original) {read} where person_key in ('p000000', 'q')": (1, "p000000"),
            f"select count(*), max(person_key) {read} where person_key in (select 'p000000')": (1, "p000000"),
            f"select original, length(evidence) > 9 {read} where original > 'p' order by evidence limit 1": (
                ids[0],
                True,
            ),
        }.items():
            assert con.execute(query, {"path": str(out)}).fetchone() == found, query
    opened = pe.create_decryption_properties(footer_key=key.encode())
    assert pq.read_table(out, decryption_properties=opened).num_rows == rows


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        ("审核", "wrong", "组织部核对"),
        ("无人", PASSWORD, "组织部核对"),
        ("镇街", PASSWORD, "组织部核对"),
        ("只看", PASSWORD, "组织部核对"),
        ("管理", PASSWORD, "组织部核对"),
        ("审核", PASSWORD, "好"),
    ],
)
def test_who_may_not_or_gives_no_reason_gets_nothing(
    office_home: Home, tmp_path: Path, user: str, password: str, reason: str
) -> None:
    out = tmp_path / "out.parquet"
    with pytest.raises(InputError):
        export_identified(office_home, Order(user, password, reason, out))
    assert not out.exists()
    assert acts(office_home, "export_identified") == []
    assert len(acts(office_home, "export_refused")) == (reason == "组织部核对")


def test_an_export_takes_no_other_files_place(office_home: Home, tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_bytes(b"mine")
    with pytest.raises(InputError, match="不覆盖"):
        export_identified(office_home, Order("审核", PASSWORD, "组织部核对", tmp_path / "out.parquet"))
    assert (tmp_path / "out.parquet").read_bytes() == b"mine"


def test_people_whose_originals_are_destroyed_stay_masked_and_are_counted(office_home: Home, tmp_path: Path) -> None:
    shutil.rmtree(office_home.landing)
    done = export_identified(office_home, Order("审核", PASSWORD, "组织部核对", tmp_path / "out.parquet"))
    assert done.without_original == done.persons > 0
