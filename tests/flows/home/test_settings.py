from __future__ import annotations

import stat
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.settings import Settings, load_settings, parse_settings, template, write_template
from schemas.errors import ContractError

PROVENANCE = """
[provenance.platform]
provider = "平台"
purpose = "摸排"
legal_basis = "职责"
approval_no = "1号"
owner = "某"
contact = "0"
"""


def test_the_template_is_itself_a_configuration_with_the_defaults(tmp_path: Path) -> None:
    found = parse_settings(template(), tmp_path / "config.toml")
    assert found == Settings(drop=tmp_path / "drop", sources=tmp_path / "sources")


def test_the_template_explains_every_field() -> None:
    text = template()
    assert [name for name in Settings.model_fields if name not in text] == []


def test_a_configuration_once_written_is_never_overwritten(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert write_template(home)
    home.config.write_text('district = "甲区"\n', "utf-8")
    assert not write_template(home)
    assert load_settings(home).district == "甲区"


def test_a_written_configuration_is_private(tmp_path: Path) -> None:
    write_template(Home(tmp_path))
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600


def test_relative_paths_are_taken_from_the_configuration_s_folder(tmp_path: Path) -> None:
    found = parse_settings('policy = "p.toml"\ndrop = "/srv/drop"', tmp_path / "config.toml")
    assert (found.policy, found.drop) == (tmp_path / "p.toml", Path("/srv/drop"))


def test_provenance_of_a_source_may_stand_in_the_configuration(tmp_path: Path) -> None:
    assert parse_settings(PROVENANCE, tmp_path / "c.toml").provenance["platform"].approval_no == "1号"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("retention_days = 0", "retention_days"),
        ('threads = "many"', "threads"),
        ('memory_limit = "lots"', "memory_limit"),
        ("distict = 1", "distict"),
        ('[prefect]\nurl = "x"', "prefect.url"),
        (PROVENANCE.replace('owner = "某"', ""), "provenance.platform.owner"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_settings(text, tmp_path / "config.toml")
    assert f"配置项 {key}：" in str(caught.value)
    assert str(tmp_path / "config.toml") in str(caught.value)


def test_broken_toml_and_missing_files_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="TOML 写法有误"):
        parse_settings("district = ", tmp_path / "config.toml")
    with pytest.raises(ContractError, match="配置文件读不了"):
        load_settings(Home(tmp_path), tmp_path / "nowhere.toml")
