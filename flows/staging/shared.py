"""The landed files of a night cleaned by two processes, and given back in their order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from flows.landing import LandedFile
from flows.run.beside import BesideError, SecondProcess, beside
from flows.run.context import RunContext
from flows.staging.clean_files import CleanFile, Memory, OpenedFile, clean_file, clean_landed, opened_files
from matchers.engine import silent

_PACKED = (".xlsx", ".xlsm", ".zip")
_PACKED_TIMES = 2.5
"""A byte of a packed file takes so many times the seconds of a byte of text."""
_LEAST, _START = 8 << 20, 2 << 20
"""Bytes of text from which a second process is worth its start, and what it could have cleaned meanwhile."""


def cleaned_files(run: RunContext, memory: Memory, entries: list[LandedFile]) -> Iterator[tuple[int, list[CleanFile]]]:
    """Number, from 1, and cleaned files of every landed one, in order.

    Where there is much to read, a second process takes its share; what it cannot give back is cleaned here.
    """
    numbered = dict(enumerate(entries, 1))
    share = _share(numbered) if run.settings.threads > 1 else frozenset()
    with beside(wanted=bool(share)) as other:
        there = _staged_by(other, run, memory, {number: numbered[number] for number in sorted(share)}) if other else {}
        mine = [(number, entry) for number, entry in numbered.items() if number not in there]
        done: dict[int, list[CleanFile]] = {}
        due = 1

        def given(number: int) -> list[CleanFile]:
            try:
                return there[number].result()
            except BesideError:
                return clean_landed(run, memory, number, numbered[number])

        with _ahead(opened_files(run, mine)) as files:
            for file in files:
                while due < file.number and (due not in there or there[due].done()):
                    yield due, done.pop(due, []) if due not in there else given(due)
                    due += 1
                done.setdefault(file.number, []).append(clean_file(run, memory, file))
        for number in range(due, len(entries) + 1):
            yield number, done.pop(number, []) if number not in there else given(number)


def _staged_by(
    other: SecondProcess, run: RunContext, memory: Memory, entries: dict[int, LandedFile]
) -> dict[int, Future[list[CleanFile]]]:
    plain = replace(run, progress=silent)  # what shows the progress stands in this process
    return {number: other.call(clean_landed, plain, memory, number, entry) for number, entry in entries.items()}


def _share(numbered: dict[int, LandedFile]) -> frozenset[int]:
    """The files for the second process: the largest first to whoever has less to do; none where all are small."""
    work = {
        number: entry.size * (_PACKED_TIMES if entry.name.lower().endswith(_PACKED) else 1)
        for number, entry in numbered.items()
        if entry.sealed is not None
    }
    if sum(work.values()) < _LEAST:
        return frozenset()
    loads, there = [0.0, float(_START)], set()
    for number in sorted(work, key=lambda number: (-work[number], number)):
        other = loads[1] < loads[0]
        loads[other] += work[number]
        there |= {number} if other else set()
    return frozenset(there)


@contextmanager
def _ahead(files: Iterator[OpenedFile]) -> Iterator[Iterator[OpenedFile]]:
    """The same files, each read while the one before it is cleaned: the readers work mostly outside Python's lock."""
    with ThreadPoolExecutor(1) as reader:
        first = reader.submit(next, files, None)

        def each() -> Iterator[OpenedFile]:
            coming = first
            while file := coming.result():
                coming = reader.submit(next, files, None)
                yield file

        yield each()
