"""Where a source comes from and on what ground it may be read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Provenance(BaseModel):
    """One source's provenance: who provides it, for what, on which legal basis and approval, who answers for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    approval_no: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    contact: str = Field(min_length=1)
    retention_days: int = Field(default=30, ge=1, le=365)
