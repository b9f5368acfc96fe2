"""Connectors: sources whose files are fetched from where their office keeps them, into the run's landing."""

from flows.connectors.fetch import FetchedFile, FetchedSource, Known, fetch_source, origin_of

__all__ = ["FetchedFile", "FetchedSource", "Known", "fetch_source", "origin_of"]
