"""Notices through real servers: each ending told once, signed, and without a word about a person."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.folders import Home
from flows.home.settings import Settings, parse_settings
from flows.home.store import open_store
from flows.notices import tell_endings, tell_missed
from flows.notices.channels import signed_headers
from flows.run.runs import RunRecord, run_lock, save_record
from schemas.errors import ContractError
from schemas.nights import NoticeSettings
from tests.flows.notices.servers import PASSWORD, Hook, certificate, hook_server, mail_server

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_server() as server:
        yield server


@pytest.fixture
def place(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    (home.keys / "secret").write_text(PASSWORD, "utf-8")
    (home.keys / "secret").chmod(0o600)
    return home


def with_hook(home: Home, hook: Hook, **more: Any) -> Settings:
    webhook = {"url": hook.url, "secret_file": home.keys / "secret"}
    return Settings(notices=NoticeSettings.model_validate({"webhook": webhook, **more}))


def ended(home: Home, run_id: str = "r1", *, hours_ago: float = 1, **about: Any) -> None:
    started = NOW - timedelta(hours=hours_ago)
    values = {
        "state": "refused",
        "failed_step": "land",
        "rule": "no_roll",
        "message": "张三 500113199003074258",
        **about,
    }
    (home.runs / run_id).mkdir(exist_ok=True)
    save_record(home, RunRecord(run_id=run_id, as_of=date(2026, 11, 20), started_at=started, **values))


def test_a_failure_is_told_once_however_often_it_is_looked_at(place: Home, hook: Hook) -> None:
    ended(place)
    settings = with_hook(place, hook)
    assert [tell_endings(place, settings, NOW + timedelta(minutes=n)) for n in range(3)] == [1, 0, 0]
    (body,) = hook.bodies()
    assert (body["about"], body["ending"], body["rule"]) == ("r1", "failed", "no_roll")
    assert "没有发布" in body["text"]
    assert "收件" in body["text"]


def test_the_signature_is_the_body_s(place: Home, hook: Hook) -> None:
    ended(place)
    tell_endings(place, with_hook(place, hook), NOW)
    ((headers, body),) = hook.calls
    wanted = hmac.new(PASSWORD.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Sanzhao-Signature"] == f"sha256={wanted}"
    sent_at = int(headers["webhook-timestamp"])
    assert abs(time.time() - sent_at) < 300
    standard = signed_headers(headers["X-Sanzhao-Delivery"], sent_at, body, PASSWORD)
    assert {name: headers[name] for name in standard} == standard


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The vector that the standard's own libraries are tested with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the standard's example
    signed = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secret)
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_nothing_of_a_person_goes_out(place: Home, hook: Hook) -> None:
    ended(place)
    tell_endings(place, with_hook(place, hook), NOW)
    assert "500113199003074258" not in hook.calls[0][1].decode()
    assert "张三" not in hook.calls[0][1].decode()
    assert "张三" not in "".join(path.read_text("utf-8") for path in place.logs.glob("*.jsonl"))


def test_a_channel_that_fails_is_tried_again_later_and_the_mark_stays(place: Home, hook: Hook) -> None:
    ended(place)
    hook.refuse_next = 2
    settings = with_hook(place, hook)
    sent = [tell_endings(place, settings, NOW + timedelta(seconds=30 * n)) for n in range(10)]
    assert sum(sent) == 1
    assert sent.index(1) >= 6  # after one minute, then two
    assert len(hook.calls) == 1


def test_a_channel_that_is_gone_for_good_is_given_up_and_the_doctor_says_so(place: Home, hook: Hook) -> None:
    ended(place)
    hook.refuse_next = 1000
    settings = with_hook(place, hook)
    for hour in range(60):
        tell_endings(place, settings, NOW + timedelta(hours=hour))
    store = open_store(place)
    assert store.untold() == 1
    store.close()
    assert 1000 - hook.refuse_next == 8


def test_two_services_on_one_store_tell_it_once(place: Home, hook: Hook) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ended(place)
    settings = with_hook(place, hook)
    open_store(place).close()
    with ThreadPoolExecutor(4) as services:
        assert sum(services.map(lambda _: tell_endings(place, settings, NOW), range(8))) == 1
    assert len(hook.calls) == 1


def test_a_run_that_was_killed_is_a_failure_and_one_that_goes_on_is_not(place: Home, hook: Hook) -> None:
    ended(place, state="running", failed_step=None, rule=None, message=None)
    settings = with_hook(place, hook)
    with run_lock(place):
        assert tell_endings(place, settings, NOW) == 0
    assert tell_endings(place, settings, NOW) == 1
    assert hook.bodies()[0]["rule"] == "interrupted"


def test_old_endings_and_those_no_one_asked_for_are_left_untold(place: Home, hook: Hook) -> None:
    ended(place, "old", hours_ago=24 * 5)
    assert tell_endings(place, with_hook(place, hook), NOW) == 0
    ended(place, "new")
    assert tell_endings(place, with_hook(place, hook, on=["missed"]), NOW) == 0
    assert tell_missed(place, with_hook(place, hook, on=["missed"]), (NOW, 3), NOW) == 1
    assert "错过：3 次" in hook.bodies()[0]["text"]


@pytest.mark.slow
def test_a_published_night_is_told_in_counts(home: Path, hook: Hook) -> None:
    place = Home(home)
    (place.keys / "secret").write_text(PASSWORD, "utf-8")
    (place.keys / "secret").chmod(0o600)
    now = datetime.now(UTC)
    assert tell_endings(place, with_hook(place, hook), now) == 1
    (body,) = hook.bodies()
    index = json.loads((home / "ledger" / "index.json").read_text("utf-8"))
    assert (body["version"], body["counts"]["persons"]) == (index["version"], index["counts"]["persons"])
    assert body["ending"] in ("published", "warnings")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_encrypted_after_a_log_in_and_once(place: Home, pem: Path, security: str) -> None:
    ended(place)
    with mail_server(pem, security) as mail:
        email = {
            "host": "localhost", "port": mail.port, "security": security, "username": "sanzhao",
            "sender": "sanzhao@example.cn", "recipients": ["zhang@example.cn", "li@example.cn"],
            "secret_file": place.keys / "secret", "ca_file": pem,
        }  # fmt: skip
        settings = Settings(district="甲区", notices=NoticeSettings.model_validate({"email": email}))
        mail.refuse_next = 1
        told = [tell_endings(place, settings, NOW + timedelta(minutes=2 * n)) for n in range(3)]
        assert told == [0, 1, 0]
        (message,) = mail.messages
    assert message["Subject"] == "【三找·甲区】没有发布"
    assert message["To"] == "zhang@example.cn, li@example.cn"
    assert "上一版一本账原封不动" in message.get_content()


def test_a_server_with_another_certificate_is_not_written_to(place: Home, pem: Path) -> None:
    ended(place)
    with mail_server(pem, "starttls") as mail:
        email = {"host": "localhost", "port": mail.port, "sender": "a@example.cn", "recipients": ["b@example.cn"]}
        settings = Settings(notices=NoticeSettings.model_validate({"email": email}))
        assert tell_endings(place, settings, NOW) == 0
        assert mail.messages == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[notices.email]\nhost="h"\nsender="a@b"\nrecipients=["c@d"]\nusername="u"\nsecurity="none"', "starttls"),
        ('[notices.webhook]\nurl="http://oa.example.cn/x"\nsecret_env="K"', "https"),
        ('[notices.webhook]\nurl="https://oa.example.cn/x"', "签名"),
        ('[night]\ncron="1 2 3"', "五段"),
        ('[night.sources.platform]\nmissing="wait"', "until"),
        ('store_url="postgresql+psycopg://u:secret@h/d"', "口令"),
    ],
)
def test_a_configuration_that_would_leak_or_mislead_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        parse_settings(text, tmp_path / "config.toml")
    assert says in str(caught.value)
    assert "u:secret" not in str(caught.value)
