"""The systemd units: accepted by systemd where it is here, hardened alike, starting commands that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from flows.cli.wiring import GROUPS, MODULES

ROOT = Path(__file__).parents[2]
SERVICES = sorted((ROOT / "deploy").glob("*.service"))
TIMERS = sorted((ROOT / "deploy").glob("*.timer"))
HARDENED = {
    "UMask": "0077",
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "User": "sanzhao",
}


def _unit(path: Path) -> ConfigParser:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text("utf-8"))
    return unit


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_hardened_and_gets_its_key_as_a_credential(path: Path) -> None:
    service, text = _unit(path)["Service"], path.read_text("utf-8")
    assert {name: service.get(name) for name in HARDENED} == HARDENED
    credentials = re.findall(r"^LoadCredential=([\w.]+):/etc/sanzhao/", text, re.MULTILINE)
    assert credentials
    assert re.findall(r"^Environment=SANZHAO_KEY_\w+=/run/credentials/%n/?(.*)$", text, re.MULTILINE)[0] in (
        *credentials,
        "",
    )
    assert service["ReadWritePaths"].startswith("/var/lib/sanzhao")
    assert service["ExecStart"].split()[:1] == ["/opt/sanzhao/venv/bin/sanzhao"]
    assert service["ExecStart"].split()[1] in {*MODULES, *GROUPS}
    if "backup" not in path.name:
        assert re.fullmatch(r"\d+G", service["MemoryMax"])


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_a_timer_has_its_service_and_makes_up_for_a_night_without_power(path: Path) -> None:
    timer = _unit(path)["Timer"]
    assert timer["Persistent"] == "true"
    assert timer["OnCalendar"]
    assert path.with_suffix(".service") in SERVICES


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    program = shutil.which("true") or "/bin/true"
    copies = [tmp_path / path.name for path in (*SERVICES, *TIMERS)]
    for copy in copies:
        text = (ROOT / "deploy" / copy.name).read_text("utf-8")
        copy.write_text(text.replace("/opt/sanzhao/venv/bin/sanzhao", program), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *map(str, copies)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_install_guide_names_every_unit_that_is_shipped() -> None:
    told = (ROOT / "deploy" / "INSTALL.md").read_text("utf-8")
    assert not [path.stem for path in (*SERVICES, *TIMERS) if path.stem not in told]
