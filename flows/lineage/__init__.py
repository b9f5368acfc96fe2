"""OpenLineage events of a run: which step read what and wrote what. Off unless the configuration asks for them."""

from __future__ import annotations

from flows.lineage.following import Followed, followed_run, followed_step

__all__ = ["Followed", "followed_run", "followed_step"]
