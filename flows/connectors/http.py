"""Files behind fixed addresses, asked for with a bearer token and only if they changed."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from email.message import Message
from typing import Any
from urllib.parse import unquote, urlsplit

from flows.connectors.remote import Download, DownloadBuffer, PassingError, RemoteFile, TransferError, pieces_of
from flows.connectors.secrets import Secret
from schemas.connectors import HttpConnector
from schemas.rules import Rule

_BUSY = {408, 425, 429, 500, 502, 503, 504}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another address; the new address belongs into the configuration."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


class HttpRemote:
    """Fixed addresses; no proxy, no redirect, certificates checked."""

    def __init__(self, connector: HttpConnector, secret: Secret | None, where: str, deadline: float) -> None:
        self.connector, self.secret, self.where, self.deadline = connector, secret, where, deadline
        trusted = ssl.create_default_context(cafile=str(connector.ca_file) if connector.ca_file else None)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted), _NoRedirect()
        )

    def files(self) -> list[RemoteFile]:
        """One file per address; two addresses that end alike are two files."""
        names: list[str] = []
        for url in self.connector.urls:
            stem, dot, kind = _name(url).rpartition(".")
            same = sum(_name(other) == _name(url) for other in self.connector.urls[: len(names)])
            names.append(
                f"{stem or kind}_{same + 1}{dot if stem else ''}{kind if stem else ''}" if same else _name(url)
            )
        return [RemoteFile(name, url, None, None) for name, url in zip(names, self.connector.urls, strict=True)]

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        where = f"{self.where}/{file.name}"
        try:
            with self.opener.open(
                self._request(file.place, previous), timeout=self.connector.timeout_seconds
            ) as answer:
                receiver = DownloadBuffer(
                    where, self.connector.max_file_mb << 20, self.deadline, _length(answer.headers)
                )
                data = receiver.gather(pieces_of(answer.read1))
                return Download(data, _mark(answer.headers), answer.headers.get("Last-Modified", ""))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.NOT_MODIFIED:
                return None
            raise _meaning(error.code, where) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLError):
                raise TransferError(
                    "服务器证书不可信，未连接", where=where, rule=Rule.CERTIFICATE, action="请对方换证书，或填 ca_file"
                ) from None
            raise PassingError("服务器没有应答，或连接中断", where=where, rule=Rule.CONNECTOR_UNREACHABLE) from None

    def _request(self, url: str, previous: str | None) -> urllib.request.Request:
        request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})  # noqa: S310  the settings allow http(s) only
        if self.secret:
            request.add_unredirected_header("Authorization", f"Bearer {self.secret.reveal()}")
        tag, _, since = (previous or "").partition("\n")
        if tag:
            request.add_header("If-None-Match", tag)
        if since:
            request.add_header("If-Modified-Since", since)
        return request

    def close(self) -> None:
        self.opener.close()


def _name(url: str) -> str:
    """The last part of the address, with nothing in it that could lead out of a folder."""
    last = unquote(urlsplit(url).path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return last or "download"


def _length(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _mark(headers: Message) -> str | None:
    """`ETag` and `Last-Modified`, to ask by next time."""
    tag, since = headers.get("ETag", ""), headers.get("Last-Modified", "")
    return f"{tag}\n{since}" if tag or since else None


def _meaning(code: int, where: str) -> TransferError:
    """What went wrong, in our own words."""
    if code in _BUSY:
        return PassingError(f"服务器忙（{code}）", where=where, rule=Rule.CONNECTOR_UNREACHABLE)
    if code in (401, 403):
        return TransferError(f"令牌被拒绝（{code}）", where=where, rule=Rule.CONNECTOR_LOGIN, action="核对或更换令牌")
    if code in (404, 410):
        return TransferError(f"地址上没有文件（{code}）", where=where, rule=Rule.CONNECTOR_MISSING, action="核对 urls")
    if 300 <= code < 400:
        return TransferError(
            "服务器要转到别的地址，未跟从", where=where, rule=Rule.CONNECTOR_REDIRECT, action="把新地址填进 urls"
        )
    return TransferError(f"请求被拒绝（{code}）", where=where, rule=Rule.CONNECTOR_REFUSED, action="请对方看日志")
