"""One grid per table of an HTML page saved as .xls, or per sheet of an XML spreadsheet (2003)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from flows.staging.grid import MAX_CELLS, Grid, Range, even
from flows.staging.values.cells import Cell
from schemas.errors import InputError
from schemas.rules import Rule

_MARKUP = re.compile(r"\s*(<!doctype html|<html|<table|<meta|<head|<style|<\?xml|<!--)", re.IGNORECASE)
_ROWS = {"tr", "row", "ss:row"}
_CELLS = {"td", "th", "cell", "ss:cell"}
_TABLES = {"table", "worksheet", "ss:worksheet"}


def looks_like_markup(text: str) -> bool:
    """HTML or XML by its first tag."""
    return _MARKUP.match(text[:2000]) is not None


def read_markup(text: str, encoding: str, where: str) -> list[Grid]:
    """The tables of a page, biggest cells spread over the places they span. Raises InputError without any table."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    parser.end_table()
    tables = [table for table in parser.tables if table.rows]
    if not tables:
        raise InputError("网页文件里没有表格", where=where, rule=Rule.NOT_A_TABLE, action="另存为 .xlsx 后重投")
    names = [table.name or (f"表{number}" if len(tables) > 1 else None) for number, table in enumerate(tables, 1)]
    return [
        Grid(name, even(table.rows), merged=tuple(table.merged), encoding=encoding, hidden=frozenset(table.hidden))
        for name, table in zip(names, tables, strict=True)
    ]


class _Table:
    """One table as it grows: its cells, and the places that cells of earlier rows reach into."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.rows: list[list[Cell]] = []
        self.merged: list[Range] = []
        self.reserved: set[tuple[int, int]] = set()
        self.hidden: set[int] = set()

    def add(self, text: str, down: int, across: int) -> None:
        row, at = len(self.rows) - 1, len(self.rows[-1])
        while (row, at) in self.reserved:
            self.rows[-1].append("")
            at += 1
        self.rows[-1] += [text, *[""] * (across - 1)]
        if down > 1 or across > 1:
            self.merged.append(((row, at), (row + down - 1, at + across - 1)))
            self.reserved |= {(row + i, at + j) for i in range(1, down) for j in range(across)}


class _Tables(HTMLParser):
    """Collects every table of a page; a table inside a cell becomes part of that cell's text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: _Table | None = None
        self._depth = 0
        self._cell: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _TABLES and not (tag == "table" and self._open and self._open.name):
            self._depth += 1
            if self._depth == 1:
                self._open = _Table(values.get("ss:name"))
        elif self._open and tag in _ROWS and self._depth == 1:
            self._end_cell()
            self._open.rows.append([])
            if _is_hidden(values):
                self._open.hidden.add(len(self._open.rows))
        elif self._open and tag in _CELLS and self._depth == 1:
            self._start_cell(values)
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def _start_cell(self, values: dict[str, str]) -> None:
        self._end_cell()
        if self._open and not self._open.rows:
            self._open.rows.append([])
        self._span = (
            _span(values, "rowspan", "ss:mergedown", 2000),
            _span(values, "colspan", "ss:mergeacross", 500),
        )
        if self._open and (at := values.get("ss:index", "")).isdigit():
            row = self._open.rows[-1]
            row += [""] * (min(int(at), 1000) - 1 - len(row))
        self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS and self._depth == 1:
            self._end_cell()
        elif tag in _TABLES and self._open and not (tag == "table" and self._open.name):
            self._depth -= 1
            if self._depth == 0:
                self.end_table()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._open is not None:
            self._open.add("".join(self._cell).strip(), *self._span)
        self._cell = None

    def end_table(self) -> None:
        """Close the table that is open; a page cut short still gives what it had."""
        self._end_cell()
        if self._open is not None:
            self.tables.append(self._open)
        self._open, self._depth = None, 0
        if sum(len(table.rows) * max(map(len, table.rows), default=0) for table in self.tables) > MAX_CELLS:
            raise InputError("表格行列过多", rule=Rule.TOO_MANY_CELLS, action="拆成几个文件后重投")


def _is_hidden(values: dict[str, str]) -> bool:
    style = values.get("style", "").replace(" ", "").lower()
    return "hidden" in values or values.get("ss:hidden") == "1" or "display:none" in style


def _span(values: dict[str, str], html: str, xml: str, most: int) -> int:
    text = values.get(html, "").strip()
    if text.isdecimal():
        return max(1, min(int(text), most))
    more = values.get(xml, "").strip()
    return min(int(more) + 1, most) if more.isdecimal() else 1
