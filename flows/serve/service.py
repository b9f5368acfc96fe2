"""The service of one home, from start to stop: server, then runner, then workbench, and a steward beside them."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

import httpx

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.runlog import log_crash
from flows.home.settings import Settings, load_settings
from flows.nightly.schedule import next_due
from flows.serve.children import BY_HAND, LOOPBACK, api_url, auth_path, auth_string, children_of
from flows.serve.prefect_api import PrefectApi
from flows.serve.running import port_is_free
from flows.serve.steward import Steward
from flows.serve.supervisor import Supervisor, say
from schemas.errors import HomeError
from schemas.rules import Rule

_READY_SECONDS = 180.0
_LOOK_SECONDS, _STEWARD_SECONDS = 1.0, 5.0


def serve_home(home: Home) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises HomeError when another service has the home, or a port is taken."""
    os.umask(0o077)  # whatever a child writes is its owner's alone
    settings = load_settings(home)
    load_key(home)
    next_due(settings.night.cron, _now())
    with only_service(home):
        check_ports(settings)
        supervisor = Supervisor(home, children_of(home, settings))
        stop = told_to_stop()
        try:
            _serve(home, settings, supervisor, stop)
        finally:
            say(home, "serve", "stopping")
            supervisor.stop()
            say(home, "serve", "stopped")


def check_ports(settings: Settings) -> None:
    """Raises HomeError naming the port that another program listens on."""
    wanted = {"Prefect": settings.serve.port}
    if settings.serve.review:
        wanted["核对页面"] = settings.serve.review_port
    check_free(wanted, "改配置 [serve] 的 port、review_port")


def check_free(wanted: Mapping[str, int], otherwise: str) -> None:
    """Raises HomeError naming the first port by what it is for that another program listens on."""
    for what, port in wanted.items():
        if not port_is_free(port):
            raise HomeError(
                f"{what}的端口 {port} 已被占用",
                where=LOOPBACK,
                rule=Rule.PORT_TAKEN,
                action=f"停掉占用它的程序，或{otherwise}",
            )


def _serve(home: Home, settings: Settings, supervisor: Supervisor, stop: threading.Event) -> None:
    api = PrefectApi(api_url(settings), auth_string(home))
    steward = Steward(home, settings, api)
    supervisor.start("prefect")
    _until_true(api.is_ready, supervisor, stop)
    if stop.is_set():
        return
    steward.begin()
    for name in supervisor.names()[1:]:
        supervisor.start(name)
    _until_true(lambda: _answers(api.has_deployments), supervisor, stop)
    if stop.is_set():
        return
    api.unpause()
    due = next_due(settings.night.cron, _now())
    say(home, "serve", f"ready; next night {due:%Y-%m-%d %H:%M}")
    page = api_url(settings).removesuffix("/api")
    print(f"手工运行的表单：{page}{api.form_of(BY_HAND)}", flush=True)
    print(f"运行页面：{page}。下一晚：{due:%Y-%m-%d %H:%M}", flush=True)
    print(f"登录：页面只有一格，粘贴 {auth_path(home)} 里的整行（admin:口令）", flush=True)
    thread = threading.Thread(target=_stewarding, args=(steward, stop), daemon=True)
    thread.start()
    while not stop.wait(_LOOK_SECONDS):
        supervisor.look()
    thread.join(_STEWARD_SECONDS)


def _stewarding(steward: Steward, stop: threading.Event) -> None:
    while not stop.wait(_STEWARD_SECONDS):
        try:
            steward.look()
        except Exception as error:
            log_crash(steward.home, error, duty="look")


def _until_true(question: Callable[[], bool], supervisor: Supervisor, stop: threading.Event) -> None:
    """Ask every half second. Raises HomeError when the answer stays no for three minutes."""
    end = time.monotonic() + _READY_SECONDS
    while not stop.is_set() and not question():
        if time.monotonic() > end:
            raise HomeError(
                "Prefect 服务三分钟内没有起来",
                rule=Rule.SERVER_NOT_READY,
                action="看 logs 里 who 为 prefect、runner 的几行；运行 sanzhao doctor",
            )
        supervisor.look()
        stop.wait(0.5)


def _answers(question: Callable[[], bool]) -> bool:
    try:
        return bool(question())
    except httpx.HTTPError:
        return False


@contextmanager
def only_service(home: Home) -> Iterator[None]:
    """One service per home; the kernel lets go of the lock when the process ends."""
    descriptor = os.open(home.root / ".serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise HomeError(
            "这个数据文件夹已经有服务在运行",
            where=str(home.root),
            rule=Rule.SERVE_LOCK,
            action="先停掉它；用 sanzhao status 查看",
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def told_to_stop() -> threading.Event:
    """Set at SIGTERM or Ctrl-C."""
    stop = threading.Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop


def _now() -> datetime:
    return datetime.now(UTC)
