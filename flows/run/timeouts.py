"""A time limit per step, for queries and for plain Python alike."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from schemas.errors import SanzhaoError
from schemas.rules import Rule

_Late = Callable[..., None]


class StepTimeoutError(SanzhaoError):
    """A step took longer than the configuration allows."""


@contextmanager
def limited(con: duckdb.DuckDBPyConnection, seconds: float, title: str) -> Iterator[None]:
    """Raise StepTimeoutError when the body takes longer than `seconds`.

    In the main thread an alarm breaks off whatever is going on; elsewhere only the connection's query can be broken
    off, at once or when the next one begins.
    """
    fired = threading.Event()

    def late(*_: object) -> None:
        fired.set()
        con.interrupt()
        if _in_main_thread():
            raise _too_late(seconds, title)

    disarm = _alarm(late, seconds) if _in_main_thread() else _timer(late, seconds)
    try:
        yield
    except (duckdb.Error, RuntimeError):
        if fired.is_set():
            raise _too_late(seconds, title) from None
        raise
    finally:
        disarm()
    if fired.is_set():
        raise _too_late(seconds, title)


def _too_late(seconds: float, title: str) -> StepTimeoutError:
    return StepTimeoutError(
        f"「{title}」一步超过 {seconds / 60:g} 分钟，已中断",
        rule=Rule.STEP_TIMEOUT,
        action="sanzhao run --resume 接着做；数据确实大的，放宽配置 [night] step_timeout_minutes",
    )


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _alarm(late: _Late, seconds: float) -> Callable[[], None]:
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)

    def disarm() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    return disarm


def _timer(late: _Late, seconds: float) -> Callable[[], None]:
    timer = threading.Timer(seconds, late)
    timer.daemon = True
    timer.start()
    return timer.cancel
