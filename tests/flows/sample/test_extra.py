"""What only the invented district needs is an extra: nothing else imports it, and without it the command says so."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
MODULES = {"pypinyin", "opencc", "stdnum"}
WITHOUT = "import sys; sys.modules.update(dict.fromkeys({modules}))\nfrom flows.cli import main\nmain()"


def test_nothing_else_imports_what_only_the_sample_needs() -> None:
    using = {
        path.relative_to(ROOT).as_posix()
        for name in ("schemas", "matchers", "reports", "flows")
        for path in (ROOT / name).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if module.split(".")[0] in MODULES
    }
    assert {name for name in using if not name.startswith("flows/sample/")} == {"matchers/encoding/make_readings.py"}


def test_the_lock_of_a_run_has_none_of_them_and_the_sample_s_has_them_all() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["sample"]
    names = {one.partition(">")[0] for one in extra}
    for lock, there in (
        ("requirements.lock", False),
        ("requirements-sample.lock", True),
        ("requirements-dev.lock", True),
    ):
        pinned = {line.partition("==")[0] for line in (ROOT / lock).read_text("utf-8").splitlines() if "==" in line}
        assert (names & pinned) == (names if there else set()), lock


def test_without_them_the_command_says_what_to_install(tmp_path: Path) -> None:
    words = ["sample", "--workers", "5", "--members", "5", "--seed", "1", "--out", str(tmp_path / "out")]
    code = WITHOUT.format(modules=sorted(MODULES))
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "requirements-sample.lock" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
