"""One progress artifact per long step, brought up to date at every twentieth of the way."""

from __future__ import annotations

from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

_NOTCHES = 20


class ProgressArtifact:
    """A `Progress` whose bar stands on the run's page; made at the first report, so quick steps have none."""

    def __init__(self, step: str) -> None:
        self._key = f"progress-{step}"
        self._artifact: UUID | None = None
        self._notch = -1

    def __call__(self, what: str, done: int, of: int) -> None:
        notch = _NOTCHES * done // max(of, 1)
        if notch == self._notch:
            return
        self._notch, percent = notch, 100.0 * done / max(of, 1)
        if self._artifact is None:
            made = create_progress_artifact(key=self._key, progress=percent, description=what)
            self._artifact = made if isinstance(made, UUID) else None
        else:
            update_progress_artifact(artifact_id=self._artifact, progress=percent, description=what)
