"""Chinese words of the codes that pages, sheets and notes print: one mapping per kind, from `words.toml`."""

from __future__ import annotations

from schemas.words import words

ACTS = words("acts")
CHANGES = words("changes")
CLASSES = words("classes")
COLUMNS = words("columns")
DOUBTS = words("doubts")
DOUBT_REASONS = words("doubt_reasons")
FIELDS = words("fields")
ANY_COLUMN = {**FIELDS, **COLUMNS}
FLAGS = words("flags")
LEVELS = words("levels")
OUTSIDE = words("outside")
ROLES = words("roles")
RULES = words("rules")
RUN_STATES = words("run_states")
RUN_STEPS = words("run_steps")
SCOPES = words("scopes")
SEXES = words("sexes")
SOURCES = words("sources")
STATUS_TITLES = words("statuses")
VERDICTS = words("verdicts")
