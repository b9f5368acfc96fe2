"""Whether a home's service is up, and whether its ports are free: asked by the service itself, doctor and status."""

from __future__ import annotations

import fcntl
import os
import socket

from flows.home import Home
from flows.serve.children import LOOPBACK


def service_is_running(home: Home) -> bool:
    """Whether a living process holds the service's lock."""
    path = home.root / ".serve.lock"
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def port_is_free(port: int) -> bool:
    """Whether the service could listen on a port of the loopback."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
