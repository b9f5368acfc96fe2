"""From a row of evidence to its record in clear: the copies of its own night only, and held against the ledger."""

from flows.originals.copies import Copies, LandedNight
from flows.originals.night_rows import Chosen, Glance, NightRows, Rank
from flows.originals.places import Bearer, Record, Spot
from flows.originals.reading import Originals

__all__ = ["Bearer", "Chosen", "Copies", "Glance", "LandedNight", "NightRows", "Originals", "Rank", "Record", "Spot"]
