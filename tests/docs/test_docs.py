"""The documents are held to the tree: examples run, every column stands, every link and command exists."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command as click_command

from flows.cli.wiring import GROUPS, MODULES, app_for

ROOT = Path(__file__).parents[2]
SANZHAO = Path(sys.executable).with_name("sanzhao")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSUMERS = (ROOT / "docs" / "一本账与数据合同.md").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "schemas" / "ledger" / "ledger.toml").read_text("utf-8"))


@pytest.mark.parametrize("table", ["ledger", "changes", "coverage", "review", "aliases", "units", "codes"])
def test_every_column_and_code_of_the_contracts_stands_in_the_consumers_document(table: str) -> None:
    section = CONSUMERS.partition(f"### `{table}` ")[2]
    section = re.split(r"\n##+ ", section)[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert listed == list(CONTRACTS[table]["columns"])
    for codes in CONTRACTS[table].get("allowed", {}).values():
        assert not [code for code in codes if f"`{code}`" not in section]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_path_of_the_tree_named_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    paths = re.findall(r"`((?:schemas|matchers|reports|flows|tests|deploy|docs|data)/[\w./-]*\w/?)`", text)
    assert not [link for link in links if not (page.parent / link).exists()]
    assert not [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    known = {*MODULES, *GROUPS}
    named = set(re.findall(r"\bsanzhao ([a-z]+)\b", page.read_text("utf-8")))
    assert named <= known


def spoken(page: Path) -> list[str]:
    """Command lines as a page writes them, in code or in a sentence, without comments; continued lines are one."""
    text = page.read_text("utf-8").replace("\\\n", " ").replace("\\|", "|")
    return [line.split("#")[0] for line in re.findall(r"\bsanzhao ([a-z]+\b[^`\n]*)", text)]


def options_of(words: str) -> tuple[set[str], set[str]]:
    """Options the words use, and options that the command, or any of the group's commands named, has."""
    first, *rest = words.split()
    command = click_command(app_for([first])).commands[first]
    commands = [command]
    if first in GROUPS:
        named = rest[0].split("|") if rest else []
        unknown = [one for one in named if re.fullmatch("[a-z]+", one) and one not in command.commands]
        assert not unknown, f"sanzhao {words}"
        commands = [command.commands[one] for one in named if one in command.commands]
    have = {name for one in commands for param in one.params for name in (*param.opts, *param.secondary_opts)}
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", words)), have


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_written_has_its_options(page: Path) -> None:
    for words in spoken(page):
        used, have = options_of(words)
        assert used <= {*have, "--help", "--version"}, f"sanzhao {words}: {sorted(used - have)}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


def test_the_version_printed_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    done = subprocess.run([SANZHAO, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"sanzhao {project['version']}\n"


def test_help_loads_no_heavy_module() -> None:
    code = (
        "import sys; sys.argv = ['sanzhao', '--help']\nfrom flows.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nprint('LOADED', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "typer" in loaded
    assert not loaded & {"duckdb", "pyarrow", "pandas", "numpy", "prefect", "sqlalchemy", "rapidfuzz", "recordlinkage"}
