"""一本账.xlsx: the workbook of one published version."""

from __future__ import annotations

from reports.workbook.book import WorkbookFacts, write_workbook

__all__ = ["WorkbookFacts", "write_workbook"]
