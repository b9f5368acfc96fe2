"""Every help page at 80 columns: Chinese throughout, no line cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from flows.cli.ending import USAGE, ended
from flows.cli.wiring import GROUPS, MODULES, wired

_TYPE = re.compile(r"<(list\[)?(path|str|int|float|bool|file)\]?>", re.IGNORECASE)
_ENGLISH = re.compile(r"\b(Usage|Options|Arguments|Commands|required|default|Show this)\b")


def pages(command: Any, above: Any = None, name: str = "sanzhao") -> Iterator[tuple[str, Any, Any]]:
    """A command and those below it, each with its context."""
    ctx = command.context_class(command, info_name=name, parent=above)
    yield name, command, ctx
    for below, one in getattr(command, "commands", {}).items():
        yield from pages(one, ctx, below)


def test_no_line_of_any_help_page_is_cut_or_english(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    root = typer.main.get_command(wired([*MODULES, *GROUPS]))
    found = list(pages(root))
    assert len(found) > 40
    for name, command, ctx in found:
        text = command.get_help(ctx) + capsys.readouterr().out
        assert "用法" in text
        assert "╭" in text, "the panels were printed"
        cut = [line for line in text.splitlines() if re.search("… *│$", line)]
        assert (name, cut, _TYPE.findall(text), _ENGLISH.findall(text)) == (name, [], [], [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "没有 trian 这个命令，是不是 trial、train"),
        (["zzz"], "没有 zzz 这个命令。"),
        (["explain", "--home", "x"], "缺少 PERSON_KEY。"),
    ],
)
def test_a_mistake_in_the_words_is_told_in_chinese(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert ended(wired([*MODULES, *GROUPS]), words) == USAGE
    told = capsys.readouterr().err
    assert said in told
    assert not re.search("Did you|No such|Missing", told)
