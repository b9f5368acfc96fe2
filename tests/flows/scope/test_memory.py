"""A trade told of a sender is kept by source and sender, and a broken record names its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.scope.memory import SenderTrade, load_trades, save_trades, trades_path
from schemas.errors import ContractError


def test_the_later_word_on_a_sender_stands(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    first, second = (SenderTrade(source="platform", sender='白"鸽', group=one) for one in ("快递员", "外卖骑手"))
    other = SenderTrade(source="human_resources", sender='白"鸽', group="快递员")
    save_trades(home, (first, other, second))
    assert set(load_trades(home)) == {second, other}


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    trades_path(home).parent.mkdir(parents=True, exist_ok=True)
    trades_path(home).write_text("[[trade]]\nsource = 1\n", "utf-8")
    with pytest.raises(ContractError) as error:
        load_trades(home)
    assert "trades.toml" in str(error.value)
