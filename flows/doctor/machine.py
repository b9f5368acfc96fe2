"""What the machine gives: disk, permissions, clock, ports, fonts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flows.doctor.finding import Finding, bad, good, warning
from flows.home.folders import Home
from flows.home.settings import Settings
from flows.run.runs import list_runs
from flows.serve.running import port_is_free, service_is_running

_GB = 1 << 30
_CJK = ("*CJK*", "*cjk*", "wqy*", "sim*.tt[cf]", "msyh*", "*SourceHan*", "*HarmonyOS*", "*uming*", "*ukai*")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


def disk(home: Home) -> Finding:
    """Free space where the home lies; a night of 57,000 × 70,000 writes some hundred megabytes."""
    free = shutil.disk_usage(home.root).free
    result = f"剩余 {free / _GB:.1f} GB"
    if free < _GB:
        return bad("磁盘", result, "腾出至少 5 GB，再运行")
    return good("磁盘", result) if free >= 5 * _GB else warning("磁盘", result, "请在一周内腾出至少 5 GB")


def permissions(home: Home) -> Finding:
    """The home and its keys are their owner's alone."""
    loose = [path.relative_to(home.root.parent).as_posix() for path in _private(home) if path.stat().st_mode & 0o077]
    if not loose:
        return good("权限", "数据文件夹和密钥只有本账号可读")
    return bad("权限", f"别人也能读：{'、'.join(loose[:5])}", "chmod -R go-rwx 数据文件夹")


def _private(home: Home) -> Iterator[Path]:
    yield home.root
    if home.config.exists():
        yield home.config
    for folder in (home.keys, home.state, home.landing, home.ledger):
        if folder.is_dir():
            yield folder
    yield from (path for path in sorted(home.keys.glob("*")) if path.is_file())


def clock(home: Home, now: datetime) -> Finding:
    """A clock that went back shows in runs that lie ahead."""
    ahead = [run for run in list_runs(home) if run.started_at > now + timedelta(minutes=5)]
    if now.year < 2025 or ahead:
        return bad(
            "时钟", f"{now.astimezone():%Y-%m-%d %H:%M}，早于已有的运行", "校准系统时间（timedatectl set-ntp true）"
        )
    return good("时钟", f"{now.astimezone():%Y-%m-%d %H:%M %Z}")


def ports(home: Home, settings: Settings) -> Finding:
    """The service listens there, or could."""
    wanted = [settings.serve.port, *([settings.serve.review_port] if settings.serve.review else [])]
    text = "、".join(map(str, wanted))
    if service_is_running(home):
        return good("端口", f"服务正在使用 {text}")
    taken = [str(port) for port in wanted if not port_is_free(port)]
    if taken:
        return bad("端口", f"被别的程序占用：{'、'.join(taken)}", "停掉占用的程序，或改配置 [serve]")
    return good("端口", f"{text} 空闲")


def fonts() -> Finding:
    """Charts need a font with Chinese characters; without one they show boxes."""
    if _lists_a_font() or any(_font_files()):
        return good("字体", "有中文字体")
    return warning(
        "字体", "没有中文字体，图表会显示成方框", "安装 fonts-noto-cjk（或把字体放进 /usr/local/share/fonts）"
    )


def _lists_a_font() -> bool:
    tool = shutil.which("fc-list")
    if tool is None:
        return False
    done = subprocess.run([tool, ":lang=zh", "family"], check=False, capture_output=True, timeout=20)  # noqa: S603
    return bool(done.stdout.strip())


def _font_files() -> Iterator[Path]:
    for folder in _FONT_FOLDERS:
        for pattern in _CJK:
            yield from Path(folder).rglob(pattern)
