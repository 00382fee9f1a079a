"""The ASGI application: edges go their short way, everything else goes through Django."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gatehouse.server.settings")

from django.core.asgi import get_asgi_application

django_application: Callable[[Any, Any, Any], Awaitable[None]] = get_asgi_application()

from django.conf import settings  # noqa: E402

from gatehouse.server import edgeport  # noqa: E402  Django must be set up before models are imported

FORM_BYTES = 64 * 1024  # around an upload


async def application(scope: edgeport.Scope, receive: edgeport.Receive, send: edgeport.Send) -> None:
    if scope["type"] == "http" and scope["path"].startswith("/edge/"):
        await edgeport.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/healthz":
        await edgeport.alive(send)
    else:
        await bounded(django_application, scope, receive, send)


async def bounded(
    application: Callable[[Any, Any, Any], Awaitable[None]],
    scope: edgeport.Scope,
    receive: edgeport.Receive,
    send: edgeport.Send,
) -> None:
    """Django writes a body of any length to a temporary file before it looks at the address. Nothing that is sent here
    is longer than an upload. What is longer ends: with a 413 where it says so before, else as if the sender had left.
    """
    most = settings.UPLOAD_LIMIT + FORM_BYTES
    said = dict(scope.get("headers") or ()).get(b"content-length", b"0")
    if scope["type"] == "http" and not (said.isdigit() and len(said) < 16 and int(said) <= most):
        await send({"type": "http.response.start", "status": 413, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": b""})
        return
    taken = 0

    async def counted() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > most else message

    await application(scope, counted, send)
