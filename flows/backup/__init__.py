"""Backup and restore of a home and its state store: one sealed archive, its key kept apart."""

from flows.backup.restore import restore
from flows.backup.write import Archive, back_up

__all__ = ["Archive", "back_up", "restore"]
