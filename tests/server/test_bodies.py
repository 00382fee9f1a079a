"""How much a stranger may send before anybody has looked at the address."""

import asyncio

import pytest
from django.conf import settings

from gatehouse.server.asgi import bounded

MOST = settings.BODY_LIMIT


def _send(headers: dict[bytes, bytes], parts: int, size: int = 1_000_000) -> tuple[list[int], int, str]:
    """Statuses that were sent, bytes that the application got, and how its reading ended."""
    statuses, got, ended = [], 0, "not read"
    left = iter(range(parts))

    async def receive():
        number = next(left, None)
        if number is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"x" * size, "more_body": number < parts - 1}

    async def send(message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def application(scope, receive, send) -> None:
        nonlocal got, ended
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                ended = "left"
                return
            got += len(message["body"])
            if not message["more_body"]:
                ended = "whole"
                return

    asyncio.run(bounded(application, {"type": "http", "headers": list(headers.items())}, receive, send))
    return statuses, got, ended


def test_an_upload_of_the_most_is_read_whole() -> None:
    assert _send({b"content-length": b"12000000"}, 12) == ([], 12_000_000, "whole")


@pytest.mark.parametrize("said", [str(MOST + 1).encode(), b"9" * 40, b"-1", b"x", b""])
def test_a_body_that_says_it_is_too_long_is_not_read(said) -> None:
    assert _send({b"content-length": said}, 50) == ([413], 0, "not read")


def test_a_body_that_does_not_say_how_long_it_is_ends_there() -> None:
    statuses, got, ended = _send({}, 500)
    assert (statuses, ended) == ([], "left")
    assert got <= MOST
