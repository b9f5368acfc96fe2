"""The private folder into which a command without a run spills: gone when it ends, or when the next one starts.

What lies there is encrypted under a key that only the process had (matchers.engine): after a SIGKILL nobody reads it.
Each folder that goes leaves a line in the spill record (flows.cli.spill_record).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from flows.cli.spill_record import Gone, gone, say_left_over, write_record
from matchers.engine import Options

_PREFIX, _BEING_MADE = "sanzhao-spill-", ".sanzhao-new-"
_ROOTS = ("/var/tmp", "/tmp")  # noqa: S108


@contextmanager
def private_spill(options: Options | None = None) -> Iterator[Options]:
    """The options with a folder of this command's own, 0700; never in the folder the command was started in.

    In TMPDIR where it is set, else in the machine's folder for large temporary files; without a folder that can be
    written, nothing spills. Folders that killed commands of the same user left go first, and that is said.
    """
    chosen = options or Options()
    roots = _roots()
    for left in [entry for root in roots for entry in _sweep(root)]:
        say_left_over(left, write_record(left))
    if not roots:
        yield chosen
        return
    before = os.umask(0o077)  # DuckDB leaves the mode of its files to it
    folder, held = _made(roots[0])
    try:
        yield replace(chosen, spill=folder)
    finally:
        os.umask(before)
        ended = gone(folder, killed=False)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)
        write_record(ended)


def _roots() -> list[Path]:
    given = os.environ.get("TMPDIR")
    here = Path.cwd()
    result = [Path(name).resolve() for name in ((given,) if given else _ROOTS)]
    return [root for root in result if root.is_dir() and os.access(root, os.W_OK | os.X_OK) and root != here]


def _made(root: Path) -> tuple[Path, int]:
    """A locked folder of a name nobody can foresee; it is renamed once it is locked, so that no sweep takes it."""
    fresh = Path(tempfile.mkdtemp(prefix=_BEING_MADE, dir=root))
    descriptor = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    folder = root / fresh.name.replace(_BEING_MADE, _PREFIX, 1)
    fresh.rename(folder)
    return folder, descriptor


def _sweep(root: Path) -> list[Gone]:
    """Remove this user's folders that no living process holds; what each of them was."""
    result = []
    for folder in sorted(root.glob(f"{_PREFIX}*")):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.getuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left = gone(folder, killed=True)
                    shutil.rmtree(folder)
                    result.append(left)
            finally:
                os.close(descriptor)
    return result
