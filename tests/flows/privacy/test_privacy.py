"""What a run leaves behind: private to its owner, without a name, an ID or a phone of anybody, the drop untouched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from tests.flows.command import sanzhao
from tests.flows.leaks import Strings, opened, strings_of

pytestmark = pytest.mark.slow

_PERMITTED = ("landing", "returns")
"""Sealed copies of originals and of the rows to return: destroyed after their retention, opened by the key only."""


@pytest.fixture(scope="session")
def secrets(small_district: Path) -> Strings:
    """Every full ID and phone of the drop, and every clear name: members' and others'."""
    found = strings_of(small_district / "drop")
    assert (len(found.numbers) > 500, len(found.names) > 500) == (True, True)
    return found


def test_nothing_left_behind_holds_a_name_an_id_or_a_phone(finished_home: Path, secrets: Strings) -> None:
    """The whole home with every part opened: registry, logs, reports, store, workbooks, ledger, and what is sealed."""
    key, files, leaks = load_key(Home(finished_home)), 0, {}
    for path, text in opened(finished_home, key):
        inside = path.relative_to(finished_home)
        if inside.parts[0] in _PERMITTED and path.suffix == ".sealed":
            continue
        files += 1
        if found := secrets.found_in(text):
            leaks[str(inside)] = len(found)
    assert leaks == {}
    assert files > 20
    print(
        f"\n{len(secrets)} strings ({len(secrets.numbers)} numbers, {len(secrets.names)} names), {files} files: 0 found"
    )


def test_the_search_finds_what_the_sealed_copies_hold(finished_home: Path, secrets: Strings) -> None:
    """The control: with the key the originals tell everything, without it nothing."""
    key = load_key(Home(finished_home))
    landing = finished_home / "landing"
    held = set().union(*(secrets.found_in(text) for path, text in opened(landing, key) if path.suffix == ".sealed"))
    assert len(held) > 0.95 * len(secrets)
    assert not any(secrets.found_in(text) & secrets.numbers for _, text in opened(landing))


def test_a_failed_run_leaves_no_name_id_or_phone_in_log_or_record(home: Path, drop: Path, secrets: Strings) -> None:
    """Broken in the midst: what is printed, logged and recorded names nobody."""
    for path in (drop / "party_members").glob("*.xlsx"):
        path.write_bytes(path.read_bytes()[:-2000])
    answer = sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20")
    assert secrets.found_in(answer.out + answer.err) == set()
    for folder in ("logs", "runs", "ledger"):
        for path, text in opened(home / folder):
            assert secrets.found_in(text) == set(), path


def test_everything_under_the_home_is_for_its_owner_only(finished_home: Path) -> None:
    modes = {path.relative_to(finished_home): path.stat().st_mode & 0o777 for path in finished_home.rglob("*")}
    wrong = {
        str(name): oct(mode)
        for name, mode in modes.items()
        if mode != (0o700 if (finished_home / name).is_dir() else 0o600)
    }
    assert wrong == {}


def test_a_run_neither_touches_the_drop_nor_leaves_anything_in_the_temporary_folder(
    drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    before = _state(drop)
    assert sanzhao("run", "--home", tmp_path / "home", "--drop", drop).code in (0, 3)
    assert _state(drop) == before
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_refused_run_destroys_its_workspace_and_leaves_the_proof(home: Path, drop: Path) -> None:
    for path in (drop / "party_members").glob("*.*"):
        if path.suffix != ".toml":
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    assert sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20").code == 1
    newest = max((home / "runs").iterdir())
    assert {path.name for path in newest.iterdir()} == {"run.json", "destruction.json"}


def _state(folder: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}
