"""From a row of evidence to its record in clear: the copies of its own night only, and held against the ledger."""

from flows.originals.copies import Copies, Night
from flows.originals.places import Bearer, Record, Spot
from flows.originals.reading import Glance, Looked, Originals

__all__ = ["Bearer", "Copies", "Glance", "Looked", "Night", "Originals", "Record", "Spot"]
