"""Workbooks under a password: AES-256 as the office format has it (ECMA-376 agile), opened by WPS and Excel."""

from __future__ import annotations

import io
import secrets

from msoffcrypto import OfficeFile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile

from schemas.errors import InputError
from schemas.rules import Rule

_SIGNS = "BCDFGHJKMNPQRSTVWXYZbcdfghjkmnpqrstvwxyz23456789"
_LENGTH = 16


def new_password() -> str:
    """Sixteen signs (89 bits), none of which reads as another."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))


def lock(body: bytes, password: str) -> bytes:
    """An .xlsx that opens with the password only."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(body)).encrypt(password, out)
    return out.getvalue()


def unlocked(name: str, data: bytes, passwords: tuple[str, ...]) -> bytes:
    """The bytes of a workbook, opened with one of the passwords where it is locked; any other file as it is.

    Raises InputError for a locked one that none of them opens.
    """
    try:
        book = OfficeFile(io.BytesIO(data))
        is_locked = book.is_encrypted()
    except (FileFormatError, OSError, ValueError):
        return data
    if not is_locked:
        return data
    for password in passwords:
        out = io.BytesIO()
        try:
            book.load_key(password=password, verify_password=True)
            book.decrypt(out)
        except (InvalidKeyError, DecryptionError, ValueError):
            continue
        return out.getvalue()
    raise InputError(
        "口令不对，打不开" if passwords else "有打开口令", where=name, rule=Rule.SHEET_LOCKED,
        action="加 --open-with 口令文件（导出时写的 口令_….txt），或在 WPS 里去掉口令另存后再读",
    )  # fmt: skip
