"""A step's time limit breaks off queries and plain Python, in the main thread and in others; the run can go on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from flows.run.timeouts import StepTimeoutError, limited

LONG = "select count(*) from range(3000000) a, range(100000) b where (a.range * b.range) % 7 = 3"


def test_a_long_query_is_broken_off_and_the_connection_goes_on() -> None:
    con = duckdb.connect()
    con.begin()
    began = time.monotonic()
    with pytest.raises(StepTimeoutError, match="超过"), limited(con, 0.3, "判定"):
        con.execute(LONG).fetchall()
    con.interrupt()
    con.rollback()
    assert time.monotonic() - began < 10
    assert con.execute("select 1").fetchall() == [(1,)]


def test_plain_python_is_broken_off() -> None:
    with pytest.raises(StepTimeoutError), limited(duckdb.connect(), 0.2, "读取"):
        while True:
            pass


def test_a_query_in_another_thread_is_broken_off() -> None:
    def work() -> None:
        assert threading.current_thread() is not threading.main_thread()
        con = duckdb.connect()
        with limited(con, 0.3, "判定"):
            con.execute(LONG).fetchall()

    with ThreadPoolExecutor(1) as pool, pytest.raises(StepTimeoutError):
        pool.submit(work).result()


def test_a_step_in_time_is_left_alone_and_other_errors_keep_their_kind() -> None:
    con = duckdb.connect()
    with limited(con, 5, "读取"):
        con.execute("select 1")
    with pytest.raises(duckdb.CatalogException), limited(con, 5, "读取"):
        con.execute("select * from nowhere")
    with pytest.raises(RuntimeError, match="anders"), limited(con, 5, "读取"):
        raise RuntimeError("anders")
