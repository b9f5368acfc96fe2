"""Opening accounts on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.review.office import Office
from reports.workbench.access import Role, SignedInAccount
from tests.flows.command import sanzhao

pytestmark = pytest.mark.slow


def test_the_first_account_is_opened_with_a_password_from_a_file(office: Office, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("Kezhang-2026\n", "utf-8")
    words = ("review", "--home", office.home.root, "--password-file", secret)
    good = sanzhao(*words, "--add-account", "石栈陈", "--role", "审核员", "--street", "石栈街道")
    assert good.code == 0 and "Kezhang" not in good.out + good.err
    assert office.accounts.get("石栈陈") == SignedInAccount("石栈陈", Role.REVIEWER, frozenset({"石栈街道"}))
    assert office.accounts.attempt("石栈陈", "Kezhang-2026", office.now()).account is not None
    assert sanzhao(*words, "--add-account", "某", "--role", "党委书记").code == 2
    assert sanzhao("review", "--home", office.home.root, "--add-account", "李审核").code == 2, "no password anywhere"
    assert sanzhao("review", "--home", tmp_path / "nowhere", "--port", "1").code == 1
    assert not (tmp_path / "nowhere").exists() or not Home(tmp_path / "nowhere").keys.exists()
