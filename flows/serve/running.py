"""Whether a home's service is up, and whether its ports are free: asked by the service itself, doctor and status."""

from __future__ import annotations

import socket

from flows.home.folders import Home, is_held
from flows.serve.children import LOOPBACK


def service_is_running(home: Home) -> bool:
    """Whether a living process holds the service's lock."""
    return is_held(home.root / ".serve.lock")


def port_is_free(port: int) -> bool:
    """Whether the service could listen on a port of the loopback."""
    with socket.socket() as entry:
        entry.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            entry.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
