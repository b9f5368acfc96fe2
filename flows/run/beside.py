"""A second process beside a run: plain functions called there while this process goes on, on a machine of two cores.

`python -m flows.run.beside` answers calls that come over its standard input until that is closed, and so ends with
the process that began it, however that ends. Nothing of it touches the disk.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


class BesideError(Exception):
    """The second process is gone, or what it was asked cannot be sent there or back."""


class SecondProcess:
    """Calls to one second process, answered one after another in the order they were made."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", __name__]
        self._process = subprocess.Popen(  # noqa: S603  this very module, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._calls = ThreadPoolExecutor(1)

    def call(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """What a function of a module gives there. The future raises what it raised, or BesideError."""
        return self._calls.submit(self._answer, function, arguments)

    def _answer(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        given, taken = self._process.stdin, self._process.stdout
        if given is None or taken is None:
            raise BesideError
        try:
            given.write(pickle.dumps((function, arguments), protocol=5))
            given.flush()
            done, value = pickle.load(taken)  # noqa: S301  from the process begun here
        except (OSError, EOFError, ValueError, pickle.PickleError) as error:
            raise BesideError from error
        if not done:
            raise value
        result: T = value
        return result

    def end(self) -> None:
        """End the process, whatever it is about."""
        self._process.kill()
        self._calls.shutdown(cancel_futures=True)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


@contextmanager
def beside(*, wanted: bool) -> Iterator[SecondProcess | None]:
    """A second process where one is wanted and this machine has a core for it, else none; ended at the end."""
    if not wanted or len(os.sched_getaffinity(0)) < 2:
        yield None
        return
    other = SecondProcess()
    try:
        yield other
    finally:
        other.end()


def _serve() -> None:
    """Answer calls until there are no more; what a function prints goes to the log and not among the answers."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that began this one
        except EOFError:
            return
        try:
            answer = True, function(*arguments)
        except Exception as error:
            answer = False, error
        with suppress(BrokenPipeError):
            out.write(pickle.dumps(answer, protocol=5))
            out.flush()


if __name__ == "__main__":
    _serve()
