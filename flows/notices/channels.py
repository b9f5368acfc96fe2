"""The two ways a notice goes out: e-mail over SMTP, and a signed JSON webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import time
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
_ENCODED = "whsec_"


def channels_of(settings: NoticeSettings) -> dict[str, Channel]:
    """The configured channels by name."""
    result: dict[str, Channel] = {}
    if settings.email:
        email = settings.email
        result["email"] = lambda notice: send_email(email, notice)
    if settings.webhook:
        webhook = settings.webhook
        result["webhook"] = lambda notice: call_webhook(webhook, notice)
    return result


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
    """POST the notice, signed as Standard Webhooks has it, so that any of the standard's libraries can check it.

    `webhook-id` is the same at a second attempt. `X-Sanzhao-Signature: sha256=…`, HMAC-SHA256 of the body alone, and
    `X-Sanzhao-Delivery` are for receivers from before 0.2 and go with the next major version.
    """
    secret = read_secret(settings, "notices.webhook")
    body = json.dumps(notice.body(), ensure_ascii=False, sort_keys=True).encode()
    text = secret.reveal() if secret else ""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Sanzhao-Delivery": _mark(notice),
        "X-Sanzhao-Signature": "sha256=" + hmac.new(text.encode(), body, hashlib.sha256).hexdigest(),
        **signed_headers(_mark(notice), int(time.time()), body, text),
    }
    trust: ssl.SSLContext | bool = _trust(settings.ca_file) if settings.url.startswith("https") else True
    with httpx.Client(timeout=settings.timeout_seconds, verify=trust, trust_env=False) as client:
        client.post(settings.url, content=body, headers=headers).raise_for_status()


def signed_headers(identity: str, sent_at: int, body: bytes, secret: str) -> dict[str, str]:
    """The three headers of Standard Webhooks; `whsec_…` is the key in base64, any other secret is the key itself."""
    key = base64.b64decode(secret.removeprefix(_ENCODED)) if secret.startswith(_ENCODED) else secret.encode()
    signed = f"{identity}.{sent_at}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": identity, "webhook-timestamp": str(sent_at), "webhook-signature": f"v1,{signature}"}


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
