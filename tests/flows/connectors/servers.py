"""Real servers on loopback for the connectors: each started by the test that needs it, gone after it."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

PASSWORD = "Geheim-7391-口令"  # noqa: S105  of these servers only


@dataclass
class Sftp:
    """One SFTP server over a folder, with what its clients opened."""

    port: int
    root: Path
    host_key: str
    fingerprint: str
    opened: list[str] = field(default_factory=list)
    cut_next: int = 0
    """How many of the next reads end in a broken line."""


class _Ssh(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("district", PASSWORD)


@contextlib.contextmanager
def sftp_server(root: Path) -> Iterator[Sftp]:
    """Runs in a thread with a loop of its own until the test is over."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    words = key.export_public_key().decode().split()
    state = Sftp(0, root, " ".join(words[:2]), key.convert_to_public().get_fingerprint())

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(root).encode())

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            state.opened.append(path.decode())
            return super().open(path, pflags, attrs)

        def read(self, file: Any, offset: int, size: int) -> Any:
            if state.cut_next and offset:
                state.cut_next -= 1
                self.channel.get_connection().get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            return super().read(file, offset, size)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_listening(key, Files), loop).result(30)
    state.port = server.get_port()
    try:
        yield state
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


async def _listening(key: asyncssh.SSHKey, files: type[asyncssh.SFTPServer]) -> asyncssh.SSHAcceptor:
    return await asyncssh.create_server(
        _Ssh, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=files, allow_scp=False
    )


async def _ended(server: asyncssh.SSHAcceptor) -> None:
    """Close the server and what its sessions still wait for."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@dataclass
class Web:
    """One web server: files by path, the token it wants, what it was asked, and how it misbehaves."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    token: str = PASSWORD.encode().hex()
    asked: list[tuple[str, int]] = field(default_factory=list)
    busy_next: int = 0
    cut_next: int = 0
    drip: bool = False
    redirect: str = ""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@contextlib.contextmanager
def web_server() -> Iterator[Web]:
    """A threaded `http.server`."""
    state = Web()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def send_response(self, code: int, message: str | None = None) -> None:
            state.asked.append((self.path.lstrip("/"), code))
            super().send_response(code, message)

        def _answer(self) -> None:
            body = state.files.get(self.path.lstrip("/"))
            if state.busy_next:
                state.busy_next -= 1
                return self._plain(503)
            if state.redirect:
                self.send_response(302)
                self.send_header("Location", state.redirect)
                self.end_headers()
                return None
            if self.headers.get("Authorization") != f"Bearer {state.token}":
                return self._plain(401)
            if body is None:
                return self._plain(404)
            tag = f'"{hash(body)}"'
            if self.headers.get("If-None-Match") == tag:
                return self._plain(304)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", tag)
            self.end_headers()
            return self._send(body)

        def _send(self, body: bytes) -> None:
            if state.cut_next:
                state.cut_next -= 1
                self.wfile.write(body[: len(body) // 2])
                self.connection.shutdown(socket.SHUT_RDWR)
            elif state.drip:
                with contextlib.suppress(OSError):
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(0.2)
            else:
                self.wfile.write(body)

        def _plain(self, code: int) -> None:
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL cluster of its own, made for the test."""

    port: int
    bin: Path

    def sql(self, text: str) -> None:
        command = [
            self.bin / "psql",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        subprocess.run([*command, "-q", "-c", text], check=True, env=environment, capture_output=True)


@contextlib.contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Debian's PostgreSQL, as user postgres where the tests run as root (it refuses to run as root)."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    place = Path(tempfile.mkdtemp(prefix="sz-pg-"))
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(place, "postgres", "postgres")
    (place / "pw").write_text(PASSWORD, "utf-8")
    (place / "pw").chmod(0o644)
    port = _free_port()
    options = ["-A", "scram-sha-256", "--pwfile", str(place / "pw"), "-U", "postgres", "-E", "UTF8", "--no-sync"]
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(place / "data"), "-w"]
    try:
        made = [*as_user, str(binaries / "initdb"), "-D", str(place / "data"), *options]
        subprocess.run(made, check=True, capture_output=True, cwd=place)
        started = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={place}"
        subprocess.run(
            [*control, "-l", str(place / "log"), "-o", started, "start"], check=True, capture_output=True, cwd=place
        )
        yield Postgres(port, binaries)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=place)
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
