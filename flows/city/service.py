"""The service of a city: each district's own service as a child that falls and rises by itself, and the city's page."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.city.districts import CityHome, districts_of
from flows.city.page_server import auth_path, auth_string
from flows.home.folders import Home
from flows.nightly.schedule import next_due
from flows.serve.children import LOOPBACK, Child, as_child, plain_environment
from flows.serve.running import port_is_free
from flows.serve.service import check_free, only_service, told_to_stop
from flows.serve.supervisor import Supervisor, say
from schemas.errors import HomeError
from schemas.rules import Rule

_LOOK_SECONDS, _FIND_SECONDS, _STARTING_SECONDS = 1.0, 30.0, 90.0
_STOP_SECONDS = 100.0
"""A district's service stops its own three processes first, one after the other."""
PAGE = "city-page"


@dataclass(frozen=True)
class City:
    """A folder of homes, where their keys lie if not in them, and the port of the page."""

    root: Path
    port: int
    keys: Path | None = None

    def districts(self) -> list[CityHome]:
        return districts_of(self.root, self.keys, taken=(self.port,))


def serve_city(city: City) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises HomeError when another service has the folder, or its port is taken."""
    os.umask(0o077)
    if "SANZHAO_KEY_FILE" in os.environ:
        raise HomeError(
            "SANZHAO_KEY_FILE 是一把密钥，不能给几个区用", rule=Rule.ONE_KEY,
            action="去掉它：各区密钥在各自的 keys 文件夹，或用 --keys 指一个文件夹，每区一个 区文件夹名.key",
        )  # fmt: skip
    home = Home(city.root)
    districts = city.districts()
    with only_service(home):
        check_free({"全市汇总页": city.port}, "用 --port 换一个")
        auth_string(city.root)
        supervisor = Supervisor(home, [_page_child(city)])
        stop = told_to_stop()
        try:
            _serve(city, supervisor, stop, districts)
        finally:
            say(home, "city", "stopping")
            supervisor.tell()  # all at once, or ten districts take ten times as long
            supervisor.stop()
            say(home, "city", "stopped")


def _serve(city: City, supervisor: Supervisor, stop: threading.Event, districts: list[CityHome]) -> None:
    supervisor.start(PAGE)
    print(f"全市汇总：http://{LOOPBACK}:{city.port}（用户名 city，口令见 {auth_path(city.root)}）", flush=True)
    for line in _same_minute(districts):
        print(line, flush=True)
    troubles: dict[str, str] = {}
    while not stop.is_set():
        for district in districts:
            if district.trouble != troubles.get(district.folder, ""):
                print(f"{district.name}：{district.trouble or '好了'}", flush=True)
                troubles[district.folder] = district.trouble
            if not district.trouble and district.folder not in supervisor.names():
                _start(district, supervisor, stop)
        _watch(supervisor, stop, _FIND_SECONDS)
        districts = _found_again(city, districts)


def _start(home: CityHome, supervisor: Supervisor, stop: threading.Event) -> None:
    """Start a district's service and wait until it listens, so that ten do not start on two cores at once."""
    supervisor.add(_district_child(home))
    supervisor.start(home.folder)
    end = time.monotonic() + _STARTING_SECONDS
    while not stop.is_set() and time.monotonic() < end and any(port_is_free(port) for port in home.ports):
        supervisor.look()
        stop.wait(_LOOK_SECONDS)


def _watch(supervisor: Supervisor, stop: threading.Event, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < end:
        supervisor.look()
        stop.wait(_LOOK_SECONDS)


def _found_again(city: City, before: list[CityHome]) -> list[CityHome]:
    """The districts as they stand now: one that was mended or added is started, without a restart of the others."""
    try:
        return city.districts()
    except (HomeError, OSError):
        return before


def _district_child(home: CityHome) -> Child:
    words = ("serve", "--home", str(home.home.root))
    own = {**plain_environment(), "SANZHAO_KEY_FILE": str(home.key_file)}
    return Child(home.folder, as_child("-c", "from flows.cli import main; main()", *words), own, _STOP_SECONDS)


def _page_child(city: City) -> Child:
    words = (str(city.root), str(city.port), *([str(city.keys)] if city.keys else []))
    return Child(PAGE, as_child("-m", "flows.city.page_server", *words), plain_environment())


def _same_minute(districts: Sequence[CityHome]) -> list[str]:
    """A line for each minute at which several nights begin: each needs its memory."""
    due: dict[datetime, list[str]] = defaultdict(list)
    now = datetime.now(UTC)
    for district in districts:
        if district.settings is not None and not district.trouble:
            due[next_due(district.settings.night.cron, now)].append(district.name)
    return [
        f"{'、'.join(names)}都在 {when:%H:%M} 开始：内存要够几个区同时用，不够就把 [night] cron 错开"
        for when, names in due.items()
        if len(names) > 1
    ]
