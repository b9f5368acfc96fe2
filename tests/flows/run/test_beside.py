"""A second process beside a run answers plain functions, and is given up where it is gone."""

from __future__ import annotations

import os
import signal

import pytest

from flows.run.beside import BesideError, SecondProcess, beside


def test_what_is_called_there_is_answered_or_raised_and_a_process_that_is_gone_is_said_to_be() -> None:
    other = SecondProcess()
    try:
        there = other.call(os.getpid).result()
        assert there != os.getpid()
        with pytest.raises(ZeroDivisionError):
            other.call(divmod, 1, 0).result()
        assert other.call(len, "三找").result() == 2
        os.kill(there, signal.SIGKILL)
        with pytest.raises(BesideError):
            other.call(os.getpid).result()
    finally:
        other.end()


def test_none_is_begun_where_none_is_wanted() -> None:
    with beside(wanted=False) as other:
        assert other is None
