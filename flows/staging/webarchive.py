"""One grid per table of a web archive (MHTML), which spreadsheet programs save as .mht and senders call .xls."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import Message

from flows.delimited import decode
from flows.staging.grid import Grid
from flows.staging.markup import read_markup
from flows.staging.refusals import not_a_table
from schemas.errors import InputError

_HEAD = re.compile(rb"\s*(?:[\w-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){0,30}?MIME-Version:", re.IGNORECASE)


def is_web_archive(data: bytes) -> bool:
    """Whether a file begins as a message of several parts."""
    head = data[:4000]
    return _HEAD.match(head) is not None and b"multipart/related" in head.lower()


def read_web_archive(data: bytes, where: str) -> list[Grid]:
    """The tables of all its pages, in order; frames and sheet lists have none. Raises InputError without any table."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    grids: list[Grid] = []
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            grids += _tables(part, where)
    if not grids:
        raise not_a_table("没有表格的网页归档（MHTML）", where)
    names = [grid.sheet for grid in grids]
    if len(grids) > 1:
        for number, grid in enumerate(grids, 1):
            grid.sheet = f"表{number}" if grid.sheet is None or names.count(grid.sheet) > 1 else grid.sheet
    return grids


def _tables(part: Message, where: str) -> list[Grid]:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes) or (b"<t" not in body.lower() and b"<\x00t" not in body.lower()):
        return []
    try:
        decoded = decode(body, where)
        return read_markup(decoded.text, decoded.encoding, where)
    except InputError:
        return []
