"""A fault that nobody foresaw, thrown while one file is read or cleaned: that file is named and the night goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.staging import clean_files
from tests.flows.staging.night import staged

ROWS = "平台,骑手编号,姓名,手机号\n蓝骑,R1,向秀芬,13812345679\n"


@pytest.mark.parametrize("part", ["read_file", "accept"])
def test_one_file_never_stops_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    whole = getattr(clean_files, part)

    def breaks(*args: Any, **named: Any) -> Any:
        if any("坏.csv" in str(getattr(one, "file", one)) for one in args if not isinstance(one, bytes)):
            raise ZeroDivisionError("nobody foresaw this: 13812345679")
        return whole(*args, **named)

    monkeypatch.setattr(clean_files, part, breaks)
    with staged(tmp_path, {"platform/坏.csv": ROWS.encode(), "platform/好.csv": ROWS.encode()}) as night:
        states = dict(night.rows("select file, state from stage_files where source = 'platform'"))
        assert states == {"坏.csv": "refused", "好.csv": "read"}
        said = str(night.one("select message from stage_files where file = '坏.csv'"))
        assert "unreadable_file" in said
        assert "13812345679" not in said
        assert night.rows("select file, row_key from stage_platform") == [("好.csv", 2)]


def test_a_file_in_which_nobody_consents_any_more_is_no_damaged_one(tmp_path: Path) -> None:
    head = "姓名,身份证号,手机号,从业平台,是否同意使用\n"
    rows = head + "向秀芬,500113196903072842,13812345679,蓝骑,否\n"
    damaged = head + ",,,蓝骑,是\n"
    with staged(tmp_path, {"self_reports/甲.csv": rows.encode(), "self_reports/乙.csv": damaged.encode()}) as night:
        said = dict(night.rows("select file, message from stage_files where source = 'self_reports'"))
        assert "一行也没有读进来" not in (said["甲.csv"] or "")
        assert "一行也没有读进来" in said["乙.csv"]
