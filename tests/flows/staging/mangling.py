"""Mangled files: valid ones with bytes changed, cut, doubled or moved; read in a process of its own with limits."""

from __future__ import annotations

import multiprocessing as mp
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.flows.staging.corpus.layouts import LAYOUTS, row
from tests.flows.staging.corpus.writers import CONTAINERS, Layout

SECONDS = 10.0
MEGABYTES = 1000


@dataclass(frozen=True)
class Outcome:
    """What came of one mangled file."""

    name: str
    seconds: float
    said: str
    traceback: str | None = None


def seeds() -> list[tuple[str, bytes]]:
    """Valid files of every container, small and of some hundred rows, and a Parquet file."""
    from tests.flows.staging.test_awkward import parquet

    many = Layout([LAYOUTS["plain"].cells[0], *[row(n % 5) for n in range(300)]], ())
    layouts = {"many": many, "two": LAYOUTS["two_header_rows"], "tables": LAYOUTS["two_tables"]}
    found = [
        (f"{name}.{kind}", write(layout)) for name, layout in layouts.items() for kind, write in CONTAINERS.items()
    ]
    return [*found, ("a.parquet", parquet())]


def mangled(count: int, seed: int, valid: list[tuple[str, bytes]] | None = None) -> Iterator[tuple[str, bytes]]:
    """`count` files, the same for the same seed."""
    chance, valid = random.Random(seed), valid or seeds()  # noqa: S311
    for number in range(count):
        name, data = valid[number % len(valid)]
        yield f"{number}-{name}", _mangle(bytearray(data), chance)


def _mangle(data: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, kind = chance.randrange(len(data)), chance.randrange(7)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del data[at : at + chance.choice((1, 4, 64, len(data)))]
        elif kind == 3:
            data[at:at] = data[at : at + chance.choice((1, 8, 512))]
        elif kind == 4:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 4, 32))))
        elif kind == 5:
            data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f"))
        else:
            data[at : at + 8] = b"99999999"
        if not data:
            break
    return bytes(data)


def _worker(pipe: Connection) -> None:
    """Reads file after file until told to stop; a crash of the process is seen at the other end."""
    from flows.staging.memory import Correction
    from flows.staging.understanding import Reader, understand
    from schemas.contracts import shipped_sources
    from schemas.errors import InputError
    from schemas.policy import Reading

    nothing: tuple[Correction, ...] = ()
    reader = Reader(shipped_sources()["platform"], nothing, Reading())
    while (job := pipe.recv()) is not None:
        name, data = job
        started = time.monotonic()
        try:
            views = understand(data, name, reader)
            bad = [view for view in views if view.problem]
            assert all(view.accepted + sum(view.quarantined.values()) == view.rows for view in views)
            answer = Outcome(name, time.monotonic() - started, "refused" if len(bad) == len(views) else "read")
        except InputError as error:
            unclear = None if error.action and "\n" not in str(error) else f"no clear line: {error}"
            answer = Outcome(name, time.monotonic() - started, "refused", unclear)
        except BaseException as error:
            answer = Outcome(name, time.monotonic() - started, "raised", f"{type(error).__name__}: {error}")
        pipe.send((answer, peak_megabytes()))


def peak_megabytes() -> int:
    """The most memory this process held; ru_maxrss would count what its parent held when it was forked."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(held.split()[1]) >> 10


def read_all(files: Iterator[tuple[str, bytes]]) -> tuple[list[Outcome], int]:
    """The outcome of every file and the peak memory in MB; a hang or a crash is an outcome too."""
    context = mp.get_context("spawn")
    outcomes, peak = [], 0
    worker, pipe = _started(context)
    for name, data in files:
        pipe.send((name, data))
        try:
            if not pipe.poll(SECONDS * 3):  # other work on the machine is no fault of the file
                raise TimeoutError
            outcome, memory = pipe.recv()
            peak = max(peak, memory)
        except (EOFError, TimeoutError, ConnectionError) as error:
            outcome = Outcome(name, SECONDS * 3, "crashed", type(error).__name__)
            worker.kill()
            worker, pipe = _started(context)
        outcomes.append(outcome)
    pipe.send(None)
    worker.join()
    return outcomes, peak


def _started(context: mp.context.SpawnContext) -> tuple[mp.context.SpawnProcess, Connection]:
    here, there = context.Pipe()
    worker = context.Process(target=_worker, args=(there,), daemon=True)
    worker.start()
    there.close()
    return worker, here
