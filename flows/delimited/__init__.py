"""Delimited text: bytes to text, text to records, and which lines are damaged. The night and the commands share it."""

from flows.delimited.encoding import Decoded, decode
from flows.delimited.records import Delimited, read_records

__all__ = ["Decoded", "Delimited", "decode", "read_records"]
