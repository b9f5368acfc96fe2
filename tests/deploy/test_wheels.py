"""The check that every package of the lock has a wheel, against a folder of small wheels instead of an index."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = ROOT / ".ci" / "wheels"


def _wheel(folder: Path, name: str, tag: str) -> str:
    """Write a wheel without content; gives its SHA-256."""
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
            "RECORD": "",
        }.items():
            archive.writestr(f"{name}-1.0.dist-info/{file}", text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index: one package for everywhere, one for x86-64 only, one whose ARM wheel the lock does not know."""
    (wheels := tmp_path / "wheels").mkdir()
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    everywhere = _wheel(wheels, "everywhere", "py3-none-any")
    intel = _wheel(wheels, "intel", f"{python}-{python}-manylinux_2_28_x86_64")
    both = _wheel(wheels, "both", "cp310-abi3-manylinux2014_x86_64")
    _wheel(wheels, "both", "cp310-abi3-manylinux2014_aarch64")
    old_python = f"{sys.version_info.major}.{sys.version_info.minor}.1"
    lines = [
        (f"everywhere==1.0 ; python_full_version < '{old_python}'", everywhere),  # pip itself would pass it over
        ("intel==1.0", intel),
        ("both==1.0", both),
        ("windows==1.0 ; sys_platform == 'win32'", everywhere),
    ]
    lock = "".join(f"{pin} \\\n    --hash=sha256:{digest}\n    # via intel\n" for pin, digest in lines)
    (tmp_path / "requirements.lock").write_text(lock, "utf-8")
    return tmp_path


def _run(index: Path, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index / "wheels"), "PIP_CONFIG_FILE": "/dev/null"}
    command = [sys.executable, str(CHECK), *words]
    return subprocess.run(command, cwd=index, env=settings, capture_output=True, text=True, check=False)


def test_the_check_names_each_package_and_platform_without_a_wheel(index: Path) -> None:
    done = _run(index, "check", "x86_64", "aarch64")
    assert done.returncode == 1
    assert "x86_64：3 个包，3 个有轮子（其中 2 个含本机代码），缺 0 个" in done.stdout
    assert "aarch64：3 个包，1 个有轮子（其中 0 个含本机代码），缺 2 个" in done.stdout
    assert re.findall(r"^(\w+) 1\.0：没有可用于 aarch64 的轮子", done.stderr, re.MULTILINE) == ["intel", "both"]


def test_a_bundle_takes_what_an_older_patch_of_python_needs(index: Path) -> None:
    """Debian 12's Python 3.11.2 needs a package that the packing machine's own Python does not."""
    done = _run(index, "fetch", "x86_64", str(index / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name.partition("-")[0] for path in (index / "out").iterdir()) == ["both", "everywhere", "intel"]


def test_a_line_of_the_lock_that_is_not_understood_is_told(index: Path) -> None:
    (index / "requirements.lock").write_text("intel @ file:///tmp/intel.whl\n", "utf-8")
    done = _run(index, "check", "x86_64")
    assert done.returncode == 1
    assert "看不懂" in done.stderr


def test_the_table_of_loongarch_is_of_the_lock_as_it_stands() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = re.sub(r"\[[\w, -]+\]==", "==", lock)
    table = (ROOT / "docs" / "平台.md").read_text("utf-8").partition("## 龙芯缺什么")[2]
    rows = re.findall(r"^\| ([\w.-]+) \| (\S+) \| (有|没有)", table, re.MULTILINE)
    assert len(rows) > 30
    assert not [name for name, version, _ in rows if f"{name}=={version}" not in pinned]
    pure = re.search(r"^纯 Python 的：(.+)。$", table, re.MULTILINE)
    assert pure is not None
    named = {name for name, _, _ in rows} | set(pure[1].split("、"))
    other_systems = {"pywin32", "whenever"}  # Windows; Python 3.13
    assert named == set(re.findall(r"^([a-z0-9][\w.-]*)==", pinned, re.MULTILINE)) - other_systems
