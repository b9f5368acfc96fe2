"""Who of tonight's rows belongs to platform work, in which trade, and by what evidence."""

from flows.scope.step import place_rows

__all__ = ["place_rows"]
