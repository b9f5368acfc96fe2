"""The connectors shown in the README are ones the configuration takes."""

from __future__ import annotations

import re
from pathlib import Path

from flows.home.settings import parse_settings


def test_every_kind_of_connector_in_the_readme_is_understood() -> None:
    text = (Path(__file__).parents[3] / "docs" / "运维.md").read_text("utf-8")
    example = re.search(r"```toml\n(.*?)```", text[text.index("## 数据从哪里来") :], re.DOTALL)
    assert example
    connectors = parse_settings(example[1], Path("/home/config.toml")).connectors
    assert sorted(one.type for one in connectors.values()) == ["folder", "http", "postgres", "s3", "sftp"]
