"""Tables that commands are given and give: Parquet, CSV or a workbook, known by content; written by the extension."""

from flows.tabular.reading import ParquetRows, open_table, read_table
from flows.tabular.writing import check_out, check_place, write_table

__all__ = ["ParquetRows", "check_out", "check_place", "open_table", "read_table", "write_table"]
