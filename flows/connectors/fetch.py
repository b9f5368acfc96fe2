"""One source's files, fetched: only what changed is transferred, and only whole files are handed on."""

from __future__ import annotations

import fnmatch
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import tenacity

from flows.connectors.folder import FolderRemote
from flows.connectors.remote import Download, PassingError, Remote, RemoteFile, TransferError
from flows.connectors.secrets import read_secret
from flows.home.file_names import distinct_names, shown_name
from matchers.engine import Progress, silent
from schemas.connectors import Connector, FolderConnector, HttpConnector, PostgresConnector, S3Connector
from schemas.errors import SanzhaoError
from schemas.rules import Rule

_HALF_WRITTEN = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".uploading", ".swp")
_T = TypeVar("_T")


@dataclass(frozen=True)
class FetchedBefore:
    """One file as it was fetched last time, its sealed copy still whole."""

    size: int
    mark: str | None
    sha256: str


@dataclass(frozen=True)
class FetchedFile:
    """One file: its bytes, or nothing where the copy of last time still holds, or why it could not be had."""

    name: str
    data: bytes | None = None
    mark: str | None = None
    modified: str = ""
    size: int = 0
    problem: str | None = None


def origin_of(connector: Connector) -> str:
    """`sftp:1f3c…`: another server, folder, query or pattern is another origin, whose marks say nothing here."""
    limits = {"timeout_seconds", "deadline_seconds", "retries", "backoff_seconds", "max_file_mb", "max_files"}
    place = connector.model_dump_json(exclude=limits | {"secret_file", "secret_env"})
    return f"{connector.type}:{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def fetch_files(
    name: str, connector: Connector, previous: Mapping[str, FetchedBefore], *, progress: Progress = silent
) -> Iterator[FetchedFile]:
    """Fetch a source, file after file, by name; only one is in memory at a time.

    Raises SanzhaoError before the first, without a secret in it, when the server cannot be used at all.
    """
    line = _Line(name, connector)
    try:
        listed = _wanted(line.ask(lambda remote: remote.files()), connector, name)
        for done, file in enumerate(listed, 1):
            yield _fetched(line, file, previous.get(file.name))
            progress(f"取件 {name}", done, len(listed))
    finally:
        line.close()


def list_names(name: str, connector: Connector) -> list[str]:
    """Names of the files a fetch would take now, asked once without patience. Raises SanzhaoError where none are."""
    line = _Line(name, connector.model_copy(update={"retries": 0}))
    try:
        return [file.name for file in _wanted(line.ask(lambda remote: remote.files()), connector, name)]
    finally:
        line.close()


class _Line:
    """A server asked with patience: after trouble that may pass it is called anew, up to the connector's retries."""

    def __init__(self, name: str, connector: Connector) -> None:
        self.name, self.connector = name, connector
        self.deadline = time.monotonic() + connector.deadline_seconds
        self.remote: Remote | None = None

    def ask(self, question: Callable[[Remote], _T]) -> _T:
        """The answer. Raises TransferError; the waits grow, and a little chance keeps two askers apart."""
        first, left = self.connector.backoff_seconds, self.deadline - time.monotonic()
        patience = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            wait=tenacity.wait_exponential_jitter(initial=first, jitter=first / 4),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self.connector.retries + 1), tenacity.stop_before_delay(left)
            ),
            after=lambda _: self.close(),
            reraise=True,
        )
        try:
            answer: _T = patience(self._answer, question)
            return answer
        except PassingError as error:
            raise _given_up(error, patience.statistics["attempt_number"]) from None

    def _answer(self, question: Callable[[Remote], _T]) -> _T:
        self.remote = self.remote or _opened(self.name, self.connector, self.deadline)
        return question(self.remote)

    def close(self) -> None:
        if self.remote is not None:
            self.remote.close()
        self.remote = None


def _given_up(error: PassingError, attempts: int) -> PassingError:
    action = error.action or "请对方查看服务器与网络，恢复后重新运行"
    return PassingError(f"{error.message}（试了 {attempts} 次）", where=error.where, rule=error.rule, action=action)


def _opened(name: str, connector: Connector, deadline: float) -> Remote:
    """The server, open; client libraries are loaded only for the kinds in use."""
    if isinstance(connector, FolderConnector):
        return FolderRemote(connector, name, deadline)
    secret = read_secret(connector, name)
    if isinstance(connector, HttpConnector):
        from flows.connectors.http import HttpRemote

        return HttpRemote(connector, secret, name, deadline)
    if isinstance(connector, S3Connector):
        from flows.connectors.s3 import S3Remote

        return S3Remote(connector, secret, name, deadline)
    if isinstance(connector, PostgresConnector):
        from flows.connectors.postgres import PostgresRemote

        return PostgresRemote(connector, secret, name, deadline)
    from flows.connectors.sftp import SftpRemote

    return SftpRemote(connector, secret, name, deadline)


def _wanted(files: list[RemoteFile], connector: Connector, name: str) -> list[RemoteFile]:
    """The files to take, by name: none hidden, none its sender is still writing, none twice, not too many.

    A name with characters that cannot be shown is taken under the name without them.
    """
    shown = [replace(file, name=_showable(file.name)) for file in {file.place: file for file in files}.values()]
    wanted = sorted((file for file in shown if _is_wanted(file.name, connector.pattern)), key=lambda entry: entry.place)
    names = distinct_names([file.name for file in wanted])
    result = {name: replace(file, name=name) for name, file in zip(names, wanted, strict=True)}
    if not result:
        raise TransferError(
            "那里没有文件", where=name, rule=Rule.EMPTY_SOURCE, action="核对路径与 pattern，或请对方放好文件"
        )
    if len(result) > connector.max_files:
        raise TransferError(
            f"文件多于 {connector.max_files} 个，未取",
            where=name,
            rule=Rule.TOO_MANY_FILES,
            action="用 pattern 挑出要的文件，或放宽 max_files",
        )
    return [result[file] for file in sorted(result)]


def _showable(name: str) -> str:
    return name if name.isprintable() else shown_name(name)


def _is_wanted(name: str, pattern: str) -> bool:
    plain = bool(name) and "/" not in name and "\\" not in name
    half = name.startswith((".", "~$")) or is_half_written(name)
    return plain and not half and fnmatch.fnmatchcase(name, pattern)


def is_half_written(name: str) -> bool:
    """Whether a program that copies or downloads gives such names to what it has not finished."""
    return name.lower().endswith(_HALF_WRITTEN)


def _fetched(line: _Line, file: RemoteFile, previous: FetchedBefore | None) -> FetchedFile:
    """One file; a failing one is named and the others go on."""
    if previous and file.mark is not None and (file.mark, file.size) == (previous.mark, previous.size):
        return FetchedFile(file.name, mark=file.mark, modified=file.modified, size=previous.size)
    try:
        result: Download | None = line.ask(lambda remote: remote.download(file, previous.mark if previous else None))
    except TransferError as error:
        return FetchedFile(file.name, problem=_without_where(error))
    if result is None and previous:
        return FetchedFile(file.name, mark=previous.mark, size=previous.size)
    if result is None:
        return FetchedFile(file.name, problem="服务器说文件没有变，但这里没有上次的副本；规则 connector_partial")
    same = previous is not None and hashlib.sha256(result.data).hexdigest() == previous.sha256
    body = None if same else result.data
    return FetchedFile(file.name, body, mark=result.mark, modified=result.modified, size=len(result.data))


def _without_where(error: SanzhaoError) -> str:
    line = f"{error.message}；规则 {error.rule}"
    return f"{line}。处理办法：{error.action}" if error.action else line
