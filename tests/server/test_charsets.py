"""Texts come as UTF-8, or are not read."""

import asyncio

import pytest

from gatehouse.server.asgi import application, in_utf8

NONE_OF_OURS = ["hex", "zlib", "rot13", "utf-16", "unicode_escape", "idna", "gbk"]


def _scope(*kinds: str) -> dict[str, object]:
    return {"type": "http", "path": "/enter/", "headers": [(b"content-type", kind.encode()) for kind in kinds]}


@pytest.mark.parametrize("said", [*(f"charset={one}" for one in NONE_OF_OURS), "charset*=none''x", "a*=none''b"])
def test_another_charset_is_refused_before_anything_is_read_by_it(said):
    """A form with files was read by it, and a stranger's one header broke the request: 500."""
    sent = []

    async def send(message) -> None:
        sent.append(message)

    for kinds in ([f"multipart/form-data; boundary=x; {said}"], ["text/plain", f"text/plain; {said}"]):
        sent.clear()
        asyncio.run(application(_scope(*kinds), None, send))
        assert [message.get("status") for message in sent] == [415, None]


@pytest.mark.parametrize("said", ["charset=utf-8", "charset=UTF8", 'charset="us-ascii"', "charset=nonsense", "a=b"])
def test_utf8_by_any_name_is_taken(said):
    """What nobody knows is left alone: it is read as UTF-8 too."""
    assert in_utf8(_scope(f"application/json; {said}"))


def test_a_request_without_a_body_says_nothing():
    assert in_utf8(_scope())
