"""What a command writes is never what it reads: refused before anything is written, whatever the path looks like."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import FAILED, ended

COLUMNS = ("row_id", "name", "id_number", "phone", "birth_date", "sex", "district", "employer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("left.parquet", "right.parquet"):
        pq.write_table(pa.table({column: ["1", "2"] for column in COLUMNS}), tmp_path / name)
    model = (resources.files("matchers.models") / "people.toml").read_text("utf-8")
    for name in ("model.toml", "model.report.md"):
        (tmp_path / name).write_text(model, "utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "soft.parquet").symlink_to(tmp_path / "left.parquet")
    os.link(tmp_path / "left.parquet", tmp_path / "hard.parquet")
    os.link(tmp_path / "model.toml", tmp_path / "hard.toml")
    (tmp_path / "new-link.parquet").symlink_to(tmp_path / "new.parquet")
    (tmp_path / "file").write_text("x", "utf-8")
    return tmp_path


LINK = ("link", "{f}/left.parquet", "{f}/right.parquet", "--model", "{f}/model.toml", "--out")
DEDUPE = ("dedupe", "{f}/left.parquet", "--model", "{f}/model.toml", "--out")
TRAIN = ("train", "{f}/left.parquet", "{f}/right.parquet", "--model", "{f}/model.toml", "--out")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ((*LINK, "{f}/left.parquet"), "out_is_input"),
        ((*LINK, "{f}/sub/../right.parquet"), "out_is_input"),
        ((*LINK, "{f}/soft.parquet"), "out_is_input"),
        ((*LINK, "{f}/hard.parquet"), "out_is_input"),
        ((*LINK, "{f}/model.toml"), "out_is_input"),
        ((*LINK, "{f}/sub"), "out_is_folder"),
        ((*LINK, "{f}/file/out.parquet"), "out_place"),
        ((*DEDUPE, "{f}/hard.parquet"), "out_is_input"),
        ((*DEDUPE, "{f}/new.parquet", "--clusters", "{f}/sub/../new.parquet"), "out_twice"),
        ((*DEDUPE, "{f}/new-link.parquet", "--clusters", "{f}/new.parquet"), "out_twice"),
        ((*DEDUPE, "{f}/new.parquet", "--clusters", "{f}/soft.parquet"), "out_is_input"),
        ((*TRAIN, "{f}/model.toml"), "out_is_input"),
        ((*TRAIN, "{f}/hard.toml"), "out_is_input"),
        (("train", "{f}/left.parquet", "--model", "{f}/model.report.md", "--out", "{f}/model.toml"), "out_is_input"),
        (
            ("evaluate", "{f}/left.parquet", "--truth", "{f}/right.parquet", "--page", "{f}/soft.parquet"),
            "out_is_input",
        ),
    ],
)
def test_an_output_that_is_an_input_is_refused_and_nothing_changes(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], rule: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert ended(app, [word.format(f=folder) for word in words]) == FAILED
    assert f"规则 {rule}" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
