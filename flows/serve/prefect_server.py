"""`python -m flows.serve.prefect_server …`: Prefect's command line; its server shows no pages about its interface.

Prefect asks for the log-in below `/api` only, and FastAPI adds `/docs`, `/redoc` and `/openapi.json` to every
application it makes, open to anybody on the machine.
"""

from __future__ import annotations

from typing import Any

import prefect.server.api.server as prefect_server
from fastapi import FastAPI


class WithoutDocs(FastAPI):
    """An application without pages about itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "docs_url": None, "redoc_url": None, "openapi_url": None})


def close_docs() -> None:
    """Prefect makes its applications of the class under this name."""
    setattr(prefect_server, "FastAPI", WithoutDocs)  # noqa: B010


if __name__ == "__main__":
    close_docs()
    from prefect.cli import app

    app()
