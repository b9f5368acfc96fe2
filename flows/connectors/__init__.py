"""Connectors: sources whose files are fetched from where their office keeps them, into the run's landing."""

from flows.connectors.fetch import FetchedFile, Known, fetch_files, list_names, origin_of

__all__ = ["FetchedFile", "Known", "fetch_files", "list_names", "origin_of"]
