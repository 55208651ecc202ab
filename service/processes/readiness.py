"""Whether the processes answer: asked the way a load balancer would."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable
from pathlib import Path

from service.settings import Settings

__all__ = ["all_ready", "is_ready"]

_TIMEOUT_S = 2.0


def is_ready(host: str, port: int, *, tls: bool = False) -> bool:
    """Whether ``/readyz`` answers 200; only asked of the own machine, so the certificate's name is not examined."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = (
        http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
        if tls
        else http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    )
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def all_ready(data: Path, names: Iterable[str], tls: object = None) -> bool:
    """Whether every process with a port is ready; a solver has none."""
    settings = Settings.load(data)
    ports = {"front": settings.front_port, "back": settings.back_port}
    return all(is_ready(settings.host, ports[name], tls=tls is not None) for name in names if name in ports)
