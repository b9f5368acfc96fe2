"""The two ways a notice goes out: e-mail over SMTP, and a signed JSON webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx

from flows.connectors.secrets import read_secret
from flows.notices.notice import Notice
from schemas.nights import EmailSettings, NoticeSettings, WebhookSettings

Channel = Callable[[Notice], None]
"""Sends one notice, or raises."""


def channels_of(settings: NoticeSettings) -> dict[str, Channel]:
    """The configured channels by name."""
    found: dict[str, Channel] = {}
    if settings.email:
        email = settings.email
        found["email"] = lambda notice: send_email(email, notice)
    if settings.webhook:
        webhook = settings.webhook
        found["webhook"] = lambda notice: call_webhook(webhook, notice)
    return found


def send_email(settings: EmailSettings, notice: Notice) -> None:
    """One message to all recipients. Its Message-ID is the same at a second attempt, so that mailboxes fold it."""
    secret = read_secret(settings, "notices.email")
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"] = notice.subject, settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Message-ID"] = f"<{_mark(notice)}@sanzhao>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    with _connection(settings) as server:
        if settings.security == "starttls":
            server.starttls(context=_trust(settings.ca_file))
        if settings.username:
            server.login(settings.username, secret.reveal() if secret else "")
        server.send_message(message)


def call_webhook(settings: WebhookSettings, notice: Notice) -> None:
    """POST the notice; `X-Sanzhao-Signature: sha256=…` is HMAC-SHA256 of the body, `X-Sanzhao-Delivery` names it."""
    secret = read_secret(settings, "notices.webhook")
    body = json.dumps(notice.body(), ensure_ascii=False, sort_keys=True).encode()
    key = (secret.reveal() if secret else "").encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Sanzhao-Delivery": _mark(notice),
        "X-Sanzhao-Signature": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
    }
    trust: ssl.SSLContext | bool = _trust(settings.ca_file) if settings.url.startswith("https") else True
    with httpx.Client(timeout=settings.timeout_seconds, verify=trust, trust_env=False) as client:
        client.post(settings.url, content=body, headers=headers).raise_for_status()


def _connection(settings: EmailSettings) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_seconds, context=_trust(settings.ca_file)
        )
    return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """The machine's authorities, or the one given; names and certificates are always checked."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


def _mark(notice: Notice) -> str:
    """A short name of one notice, the same whenever it is sent again."""
    return hashlib.sha256(f"{notice.district}|{notice.about}|{notice.ending}".encode()).hexdigest()[:32]
