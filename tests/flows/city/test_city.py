"""Two districts in one folder: counts of both, names of none, and one that is broken does not stop the other."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import httpx
import pytest

from flows.city.districts import districts_of
from flows.city.exchange import exchange_all
from flows.city.page_server import application, auth_string
from flows.city.rollup import roll_up
from flows.home.folders import Home, write_private
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version
from reports.city_page import DistrictFigures, city_page
from schemas.errors import HomeError
from tests.flows.command import SANZHAO, clean_environment, sanzhao


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _configured(home: Path, **values: object) -> None:
    """Change single lines of a configuration."""
    text = (home / "config.toml").read_text("utf-8")
    for name, value in values.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {json.dumps(value, ensure_ascii=False)}", text, flags=re.MULTILINE)
    write_private(home / "config.toml", text.encode())


@pytest.fixture(scope="module")
def city(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`east`, and `west` with a key of its own; both have the ports of the template."""
    root = tmp_path_factory.mktemp("city")
    for name, title in (("east", "东区"), ("west", "西区")):
        home = Path(shutil.copytree(finished_home, root / name))
        if not (home / "config.toml").exists():
            assert sanzhao("init", "--home", home).code == 0
        _configured(home, district=title)
    assert sanzhao("keys", "rotate", "--home", root / "west", "--why", "两区分开").code == 0
    return root


@pytest.fixture
def apart(city: Path, tmp_path: Path) -> Path:
    """The city with ports of their own."""
    root = Path(shutil.copytree(city, tmp_path / "city"))
    for name in ("east", "west"):
        _configured(root / name, port=_free_port(), review_port=_free_port(), review=False)
    return root


def test_a_district_with_anothers_port_or_key_is_named_and_not_served(city: Path, tmp_path: Path) -> None:
    east, west = districts_of(city)
    assert (east.name, east.trouble) == ("东区", "")
    assert "端口 4200 和东区重了" in west.trouble
    root = Path(shutil.copytree(city, tmp_path / "city"))
    shutil.copy(root / "east" / "keys" / "district.key", root / "west" / "keys" / "district.key")
    assert "和东区是同一把" in districts_of(root)[1].trouble
    with pytest.raises(HomeError, match="没有一个区"):
        districts_of(tmp_path / "nothing")


def test_districts_keys_may_lie_in_one_folder_apart(apart: Path, tmp_path: Path) -> None:
    (keys := tmp_path / "keys").mkdir()
    for name in ("east", "west"):
        shutil.move(apart / name / "keys" / "district.key", keys / f"{name}.key")
    assert [one.trouble for one in districts_of(apart, keys)] == ["", ""]
    answer = sanzhao("status", "--homes", apart)
    assert answer.code == 3
    assert answer.out.count("读不到区级密钥") == 2


def test_the_sum_of_the_districts_is_the_total_and_each_agrees_with_its_index(apart: Path) -> None:
    found = roll_up(districts_of(apart))
    for one, name in zip(found, ("east", "west"), strict=True):
        version = current_version(Home(apart / name))
        assert version is not None
        counts = version.index["counts"]
        assert one.trouble == ""
        assert one.persons == sum(one.statuses.values()) == counts["persons"]
        assert one.plain["review"] == counts["review"]
    answer = sanzhao("status", "--homes", apart)
    assert answer.code == 0
    assert f"合计 2 个区，2 个已发布，在账 {sum(one.persons for one in found):,} 人" in answer.out
    told = json.loads(sanzhao("status", "--homes", apart, "--json").out)
    assert [one["name"] for one in told] == ["东区", "西区"]


def test_a_district_whose_ledger_was_touched_is_named_and_left_out(apart: Path) -> None:
    index = apart / "west" / "ledger" / "index.json"
    write_private(index, index.read_bytes().replace(b'"persons": ', b'"persons": 1'))
    east, west = roll_up(districts_of(apart))
    assert (east.trouble, west.persons) == ("", 0)
    assert "签名不符" in west.trouble
    assert "合计里没有：西区" in city_page([east, west], "now").decode()


def test_small_counts_are_hidden_of_the_districts_and_of_the_city() -> None:
    def district(name: str, hidden: int) -> DistrictFigures:
        plain = {"workers": 5000, "worker_rows": 6000, "full_members": 40, "probationary": hidden, "review": 0}
        leads, statuses = {"线索": 40, "异议": hidden}, {"P1": hidden, "N0": 40}
        return DistrictFigures(name, "在运行", plain=plain, lead_states=leads, statuses=statuses)

    text = city_page([district("东区", 1), district("西区", 2)], "now").decode()
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in text.split("<tr>")]
    assert not {cell for row in rows for cell in row} & {"1", "2", "3"}
    assert ["合计", "10,000", "12,000", "80", "*", "0"] in rows
    crossed = [row for row in rows if len(row) in (10, 13)]
    assert len(crossed) == 6
    assert all(row[1:-1].count("*") >= 2 for row in crossed), "one hidden cell could be computed from the total"


async def test_the_page_is_for_who_has_its_password_and_holds_no_ones_name(apart: Path) -> None:
    user, _, word = auth_string(apart).partition(":")
    app = httpx.ASGITransport(application(apart, 8500, None))
    async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1:8500") as client:
        assert (await client.get("/")).status_code == 401
        assert (await client.get("/", auth=(user, "x"))).status_code == 401
        assert (await client.get("/", auth=(user, word), headers={"host": "evil.example:8500"})).status_code == 421
        answer = await client.get("/", auth=(user, word))
    assert answer.status_code == 200
    version = current_version(Home(apart / "east"))
    assert version is not None
    masked = {name for name in version.table("ledger")["name_masked"].to_pylist() if name}
    assert not [name for name in masked if name in answer.text]
    assert (apart / "keys" / "city.auth").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_broken_district_does_not_stop_the_city(apart: Path) -> None:
    write_private(apart / "west" / "config.toml", b"district = \n")
    port = _free_port()
    words = [str(SANZHAO), "serve", "--homes", str(apart), "--port", str(port)]
    process = subprocess.Popen(words, env=clean_environment(), stdout=subprocess.PIPE, text=True)
    try:
        end, text = time.monotonic() + 60, ""
        while not re.search(r"<td>东区</td><td>[-\d]+</td><td>在运行</td>", text):
            assert time.monotonic() < end, text
            time.sleep(0.2)
            with suppress(httpx.HTTPError):
                user, _, word = auth_string(apart).partition(":")
                text = httpx.get(f"http://127.0.0.1:{port}/", auth=(user, word), trust_env=False, timeout=10).text
        assert "TOML 写法有误" in text
        again = subprocess.run(words, env=clean_environment(), capture_output=True, text=True, check=False)
        assert (again.returncode, "已经有服务在运行" in again.stderr) == (1, True)
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "west：TOML 写法有误" in out
    assert "east started" in out


def test_one_key_for_several_districts_is_refused(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.city.service import City, serve_city

    monkeypatch.setenv("SANZHAO_KEY_FILE", str(apart / "east" / "keys" / "district.key"))
    with pytest.raises(HomeError, match="不能给几个区用"):
        serve_city(City(apart, 8500))
    answer = sanzhao("serve", "--home", apart / "east", "--homes", apart)
    assert (answer.code, "只写一个" in answer.err) == (2, True)


def _agreeing(home: Path, other: str) -> None:
    text = (home / "config.toml").read_text("utf-8")
    text += f'\n[city]\nexchange_with = ["{other}"]\ncontact = "社工部 6000-1234"\napproval_no = "测〔2026〕3号"\n'
    write_private(home / "config.toml", text.encode())


def test_districts_that_did_not_name_each_other_exchange_nothing(apart: Path) -> None:
    assert list(exchange_all(apart, districts_of(apart))) == []
    _agreeing(apart / "east", "西区")
    (outcome,) = exchange_all(apart, districts_of(apart))
    assert (outcome.persons_found, "只有东区写了对方" in outcome.trouble) == ({}, True)
    _configured(apart / "west", district="东区")
    assert "区名和另一区一样" in districts_of(apart)[1].trouble


@pytest.mark.slow
def test_districts_that_named_each_other_find_each_others_people_and_keep_no_secret(apart: Path) -> None:
    _agreeing(apart / "east", "西区")
    _agreeing(apart / "west", "东区")
    answer = sanzhao("exchange", "city", "--homes", apart)
    assert answer.code == 0, answer.err
    east, west = roll_up(districts_of(apart))
    assert east.elsewhere["西区"] == west.elsewhere["东区"] >= 5  # both have the same people, and two keys
    assert east.trouble == west.trouble == ""
    assert f"东区党员在西区从业：{east.elsewhere['西区']} 人" in answer.err
    assert "党员在一区、从业在另一区" in city_page([east, west], "now").decode()
    with opened_store(Home(apart / "east"), "") as store:
        theirs = store.newest_finds()
        assert [number.partition("-")[2] for number in store.exchange_numbers()] == ["5000"]
    with opened_store(Home(apart / "west"), "") as store:
        tokens = {token for find in store.newest_finds() for token in find.tokens}
    assert {find.other for find in theirs} == {"西区"}
    assert theirs[0].contact == "社工部 6000-1234"
    with opened_store(Home(apart / "west"), "") as store:
        store.forget_finds(date(2100, 1, 1))
    assert all("两区对不上" in one.trouble for one in roll_up(districts_of(apart)))
    assert tokens, "west knows its own people by tokens under its own key"
    assert list((apart / "exchange").iterdir()) == []
    assert not list(apart.glob("*/landing/*/*/relation_exchange_*"))
