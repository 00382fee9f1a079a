"""The ASGI application: edges go their short way, everything else goes through Django."""

import codecs
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gatehouse.server.settings")

from django.core.asgi import get_asgi_application

django_application: Callable[[Any, Any, Any], Awaitable[None]] = get_asgi_application()

from django.conf import settings  # noqa: E402
from django.utils.http import parse_header_parameters  # noqa: E402

from gatehouse.server import edgeport  # noqa: E402  Django must be set up before models are imported


async def application(scope: edgeport.Scope, receive: edgeport.Receive, send: edgeport.Send) -> None:
    if scope["type"] == "http" and scope["path"].startswith("/edge/"):
        await edgeport.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/healthz":
        await edgeport.alive(send)
    elif scope["type"] == "http" and not in_utf8(scope):
        await _refuse(send, 415)
    else:
        await bounded(django_application, scope, receive, send)


def in_utf8(scope: edgeport.Scope) -> bool:
    """Whether a body is said to be in no charset but UTF-8. By another Django reads a form, also by what Python counts
    as one and is none ("hex"); over one that cannot be made out it breaks before anything of ours is asked."""
    said = b",".join(value for name, value in scope.get("headers") or () if name == b"content-type")
    try:
        charset = parse_header_parameters(said.decode("latin-1"))[1].get("charset", "utf-8")
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except LookupError:
        return True  # nobody knows it, so Django leaves it alone
    except ValueError:
        return False


async def _refuse(send: edgeport.Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b""})


async def bounded(
    application: Callable[[Any, Any, Any], Awaitable[None]],
    scope: edgeport.Scope,
    receive: edgeport.Receive,
    send: edgeport.Send,
) -> None:
    """Django writes a body of any length to a temporary file before it looks at the address. Nothing that is sent here
    is longer than an upload. What is longer ends: with a 413 where it says so before, else as if the sender had left.
    """
    most = settings.BODY_LIMIT
    said = dict(scope.get("headers") or ()).get(b"content-length", b"0")
    if scope["type"] == "http" and not (said.isdigit() and len(said) < 16 and int(said) <= most):
        await _refuse(send, 413)
        return
    taken = 0

    async def counted() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > most else message

    await application(scope, counted, send)
