"""Landing: an immutable, sealed copy of what was dropped, with a signed manifest; everything later reads only that."""

from flows.landing.manifest import LandedFile, LandedSource, Manifest, find_night, load_manifest, read_landed
from flows.landing.relations import note_dropped_columns, seal_relation, unseal_relation
from flows.landing.retention import purge_landing
from flows.landing.step import land, replay

__all__ = [
    "LandedFile",
    "LandedSource",
    "Manifest",
    "find_night",
    "land",
    "load_manifest",
    "note_dropped_columns",
    "purge_landing",
    "read_landed",
    "replay",
    "seal_relation",
    "unseal_relation",
]
