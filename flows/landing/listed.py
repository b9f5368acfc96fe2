"""One line per expected file, for `sanzhao sources list`: when it came, how long it is carried, what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flows.landing.expected import ExpectedFile


@dataclass(frozen=True)
class ExpectedLine:
    """One file a sender is expected to send again."""

    source: str
    file: str
    came_on: date
    days_left: int
    """Days for which it is still carried, counted from the last published night."""
    question: str
    """What waits for the office's word; empty where the file came."""


def expected_lines(files: Sequence[ExpectedFile], patience_days: int) -> list[ExpectedLine]:
    """The list in its order, each file held against the newest night of the list."""
    last = max((file.came_on for file in files), default=None)
    if last is None:
        return []
    return [
        ExpectedLine(
            file.source,
            file.file,
            file.came_on,
            patience_days - (last - file.came_on).days,
            _question(file, files, last),
        )
        for file in files
    ]


def _question(file: ExpectedFile, files: Sequence[ExpectedFile], last: date) -> str:
    """Whether the file is missing, and which files that came since may have taken its place."""
    if file.stopped:
        return "不再报送"
    if file.replaced_by:
        return f"已由 {file.replaced_by} 取代"
    if file.came_on == last:
        return ""
    newer = [
        other.file for other in files
        if other.source == file.source and other.since is not None and other.since > file.came_on
    ]  # fmt: skip
    return f"未到；是否已由 {'、'.join(newer)} 取代（写 replaced_by 或 stopped）" if newer else "未到，请催报"
