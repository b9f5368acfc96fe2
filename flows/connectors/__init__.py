"""Connectors: sources whose files are fetched from where their office keeps them, into the run's landing."""

from flows.connectors.fetch import FetchedBefore, FetchedFile, fetch_files, list_names, origin_of

__all__ = ["FetchedBefore", "FetchedFile", "fetch_files", "list_names", "origin_of"]
