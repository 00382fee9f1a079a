"""The ASGI application: edges go their short way, everything else goes through Django."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gatehouse.server.settings")

from django.core.asgi import get_asgi_application

django_application: Callable[[Any, Any, Any], Awaitable[None]] = get_asgi_application()

from gatehouse.server import edgeport  # noqa: E402  Django must be set up before models are imported


async def application(scope: edgeport.Scope, receive: edgeport.Receive, send: edgeport.Send) -> None:
    if scope["type"] == "http" and scope["path"].startswith("/edge/"):
        await edgeport.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/healthz":
        await edgeport.alive(send)
    else:
        await django_application(scope, receive, send)
