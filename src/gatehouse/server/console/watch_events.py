"""Live events for the Watch page, as server-sent events. They carry ids only; what happened is fetched as a tile."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from gatehouse.clock import monotonic_s
from gatehouse.server import bus
from gatehouse.server.accounts.signed_in import SignedIn, signed_in
from gatehouse.server.console.access import reader
from gatehouse.server.moment import now

HEARTBEAT_S = 10.0


async def events(request: HttpRequest) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_stream(reader(request)), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(who: SignedIn) -> AsyncIterator[bytes]:
    """Until the reader goes away or their sign-in ends, which is asked every HEARTBEAT_S, however much happens."""
    with bus.listening() as queue:
        yield b"retry: 2000\n" + _line("clock", now().isoformat())
        asked_s = monotonic_s()
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                event = None
            if event is None or monotonic_s() - asked_s >= HEARTBEAT_S:
                found = await sync_to_async(partial(signed_in, who.token))()
                if found is None:
                    return
                who, asked_s = found, monotonic_s()
            line = _said(event, who) if event else _line("clock", now().isoformat())
            if line:
                yield line


def _said(event: bus.Event, who: SignedIn) -> bytes:
    """The line for this reader, empty for what is not theirs or not for screens."""
    if not who.sees_site(event.site):
        return b""
    match event:
        case bus.TileChanged(site=site, gate=gate):
            return _line("clock", now().isoformat()) + _line("gate", f"{site}-{gate}")
        case bus.AlarmRaised(alarm=alarm):
            return _line("alarm", alarm)
        case bus.LanesChanged(site=site):
            return _line("lanes", site)
        case _:
            return b""


def _line(event: str, text: str) -> bytes:
    return f"event: {event}\ndata: {text}\n\n".encode()
