"""Returns: bad rows go back to their senders, marked in a copy of their own sheet, with a note on data quality."""

from flows.returns.export import send_back
from flows.returns.marks import seal_marks
from flows.returns.notes import write_notes

__all__ = ["seal_marks", "send_back", "write_notes"]
