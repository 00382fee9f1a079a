"""Forms with files, spoiled in every way that we know, at every address that takes one: answered at once, by no fault
of ours, and nothing of them is written to the disk, not even for a moment, but the sealed pieces of an import."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from os import O_CREAT, O_RDWR, O_WRONLY
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.entrance import connection_kept
from tests.fuzz.odd import examples, spoiled
from tests.fuzz.test_files import BOOK, PICTURES, TABLES
from tests.server.callers import caller
from tests.server.world import SETUP, World

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.asgi import application
from gatehouse.server.interchange import photos, sealed_file
from gatehouse.server.interchange.sealed_file import Part
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.credential_actions import give_consent
from gatehouse.server.people.models import Purpose

WITHIN_S = 5.0
CSRF = "c" * 32
LIMIT = 1000  # fields and files that Django takes

BOUNDARIES = [b"x", b"----WebKitFormBoundary7MA4YWxkTrZu0gW", b"'()+_,-./:=?", b"x" * 70, b"-", b"a b", b"x" * 3000]
SAID = [
    b"", b"; boundary=", b"; boundary", b'; boundary="', b"; boundary=y", b"; boundary=\xff",
    b"; boundary=x; boundary=y", b"; charset*=none''x", b"; charset*=hex''78",
    b"; boundary*=hex''78", b"; boundary*0=x; boundary*1=y", b";" * 5000,
]  # fmt: skip
CHARSETS = [
    b"utf-8", b"utf-16", b"utf-7", b"hex", b"zlib", b"rot13", b"idna", b"punycode", b"undefined", b"unicode_escape",
    b"nonsense", b"mbcs", b"", b'"', b"utf-8; charset=hex", b"\xff", b"x" * 3000,
]  # fmt: skip
NAMES = [
    b"../../etc/passwd", b"..\\..\\keeper\\root.key", b"/etc/passwd", b"C:\\a.jpg", b"a\0b.jpg", b"\0", b"a\rb", b"..",
    b".", b"", b"/", b'"', b'\\"', b"\xff\xfe", "\u202egpj.exe".encode(), "林.jpg".encode("gb18030"), b"a" * 10_000,
    b"%00", b"CON", b"a;b=c", b"=?utf-8?b?Li4v?=", b"a/" * 3000, b"~root", b"-rf", b"a.jpg\x1b[2J",
]  # fmt: skip
STARRED = [b"UTF-8''..%2F..%2Fa", b"hex''61", b"UTF-8''%", b"x", b"''", b"'''", b"utf-16''%00", b"zlib''%78%9c"]
HEADERS = [
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: \0", b"Content-Transfer-Encoding:", b"Content-Type: text/plain; charset=hex",
    b"Content-Type: multipart/mixed; boundary=x", b"Content-Type: image/jpeg", b"Content-Type:", b"Content-Type",
    b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: x", b"X: " + b"y" * 100_000,
    b"\0: \0", b": ", b"a\0b: c", b"Set-Cookie: a=b\r\nX: y", b"X: a\r\n folded", b"X: a\rb", b"X: a\nb: c",
    b"\xff\xff: \xff",
    b"Content-Disposition: form-data; name=again", b"Content-Disposition: attachment; filename=../x", b"X: y\r\n" * 500,
]  # fmt: skip
ENDS = [b"--\r\n", b"--", b"", b"-", b"\r\n", b"--\r\nepilogue \0", b"--\r\n--x\r\n"]


def joined(several: list[bytes], boundary: bytes, end: bytes) -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in several) + b"--" + boundary + end


def contents() -> st.SearchStrategy[bytes]:
    nested = joined([b"Content-Disposition: form-data; name=a\r\n\r\nb"] * 2, BOUNDARIES[0], b"--\r\n")
    whole = [PICTURES["JPEG"], BOOK, TABLES["utf-8"], b"", b"\r\n", b"--x", b"\r\n--x-", b"\r\n--", b"{}",
             b"\0" * 70_000, b"=" * 5, b"YWJj\r\nYWI=", b"\r\n" * 40_000, nested]  # fmt: skip
    return st.one_of(st.sampled_from(whole), st.binary(max_size=60), spoiled(PICTURES["PNG"]))


@st.composite
def parts(draw: Any, field: str) -> bytes:
    """One part, its head and what it holds, without the boundary."""
    name = draw(st.sampled_from([field.encode(), field.encode(), b"csrfmiddlewaretoken", b"site", *NAMES]))
    said = b'Content-Disposition: form-data; name="' + name + b'"'
    if draw(st.booleans()):
        said += b'; filename="' + draw(st.sampled_from([b"a.jpg", *NAMES])) + b'"'
    if draw(st.integers(0, 3)) == 0:
        said += b"; filename*=" + draw(st.sampled_from(STARRED))
    head = draw(st.lists(st.sampled_from(HEADERS), max_size=2))
    head.insert(draw(st.integers(0, len(head))), said)
    if draw(st.integers(0, 7)) == 0:
        head = draw(
            st.sampled_from([[], [b"Content-Disposition: form-data"], [b"Content-Disposition:"], [b"\0" * 2000]])
        )
    line = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]))
    return line.join(head) + draw(st.sampled_from([line * 2, line * 2, line * 2, line, b""])) + draw(contents())


@st.composite
def bodies(draw: Any, field: str) -> tuple[bytes, bytes]:
    """The type that a request says, and its body."""
    boundary = draw(st.sampled_from(BOUNDARIES))
    said = draw(st.sampled_from([b'; boundary="' + boundary + b'"'] * 20 + SAID))
    charset = draw(st.sampled_from([b""] * 30 + [b"; charset=" + one for one in CHARSETS]))
    body = joined(draw(st.lists(parts(field), max_size=3)), boundary, draw(st.sampled_from(ENDS)))
    body = draw(st.sampled_from([b"", b"", b"preamble \0\r\n", b"\r\n"])) + body
    if draw(st.integers(0, 4)) == 0:
        body = draw(spoiled(body))
    return b"multipart/form-data" + said + charset, body


# --- what is asked, and what is seen of it ----------------------------------------------------------------------------


class Writes:
    """Every file that this process opens for writing while it is watched, also one that has no name."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.watching = False
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.watching and event == "open" and args[2] and args[2] & (O_WRONLY | O_RDWR | O_CREAT):
            self.seen.append(str(args[0]))

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.seen, self.watching = [], True
        try:
            yield
        finally:
            self.watching = False

    def outside(self, folder: Path) -> list[str]:
        compiled = "__pycache__"  # a module of Python's own, met for the first time
        return [one for one in self.seen if not one.startswith(str(folder)) and compiled not in one]


@pytest.fixture(scope="module")
def writes() -> Writes:
    return Writes()  # once: a hook of this kind is never taken away


def ask(path: str, kind: bytes, body: bytes, ticket: str, *, length: bytes | None = None) -> int:
    """The status, through the whole server as uvicorn calls it, by a header and a cookie that are both good."""
    headers = [
        (b"host", b"testserver"), (b"content-type", kind), (b"accept", b"text/html"),
        (b"content-length", str(len(body)).encode() if length is None else length), (b"x-csrftoken", CSRF.encode()),
        (b"cookie", f"{COOKIE}={ticket}; csrftoken={CSRF}".encode()),
    ]  # fmt: skip
    if path.startswith("/api/"):
        headers.append((b"authorization", f"Bearer {ticket}".encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("203.0.113.9", 5000), "server": ("testserver", 80),
    }  # fmt: skip
    statuses: list[int] = []

    async def asked() -> None:
        sent = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in sent:
                return message
            await asyncio.Event().wait()  # nobody hangs up
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await asyncio.wait_for(application(scope, receive, send), 60)

    began = time.monotonic()
    with connection_kept():
        async_to_sync(asked)()
    assert time.monotonic() - began < WITHIN_S, path
    assert len(statuses) == 1, path
    return statuses[0]


@pytest.fixture
def places(world: World) -> dict[str, str]:
    """Every address that takes a file, and two public ones that take a form; with the name of its field."""
    at, person = world.now(), world.hire()
    facts = ConsentFacts(on=at.date(), wording="face-1", taken_by="hr-7")
    give_consent(person, Purpose.FACE, facts, by=SETUP, at=at)
    task = photos.announce(world.site, [Part("people.zip", 100)], by=world.operator(Role.OWNER), at=at)
    return {
        f"/api/people/{person.pk}/face": "image",
        f"/api/photos/{task.pk}/pieces/0": "image",
        reverse("person-enrol", args=[person.pk]): "photo",
        reverse("person-look", args=[person.pk]): "frame",
        reverse("imports-bring"): "file",
        reverse("imports-photos-piece", args=[task.pk, 0]): "piece",
        reverse("lists-import", args=["blocked"]): "file",
        reverse("parking-tariff-json", args=[world.garage.tariff_id]): "file",
        reverse("muster-site", args=[world.site.pk]): "photo",
        reverse("enter"): "code",
        reverse("pay-find", args=[world.garage.pay_code]): "plate",
    }


@pytest.fixture
def ticket(world: World) -> str:
    token = caller(world, Role.OWNER).token
    assert token is not None
    return token


# --- the tests --------------------------------------------------------------------------------------------------------


def test_a_spoiled_form_is_answered_and_leaves_nothing(
    world: World, places: dict[str, str], ticket: str, writes: Writes
) -> None:
    seen: set[int] = set()

    def spoil(path: str, field: str) -> None:
        @examples(25)
        @given(bodies(field))
        def asked(drawn: tuple[bytes, bytes]) -> None:
            with writes.watched():
                status = ask(path, *drawn, ticket)
            assert status < 500, (path, status)
            assert writes.outside(sealed_file.folder()) == [], path
            seen.add(status)

        asked()

    for path, field in places.items():
        spoil(path, field)
    assert {400, 422} <= seen
    assert seen & {200, 302}  # some came through


def many(count: int, file: bytes = b"") -> bytes:
    return joined([b'Content-Disposition: form-data; name="a"' + file + b"\r\n\r\nb"] * count, b"x", b"--\r\n")


HUGE = {
    "fields": many(LIMIT + 5),
    "files": many(5 * LIMIT, b'; filename="a"'),
    "empty": joined([b""] * 20_000, b"x", b"--\r\n"),
    "boundaries": b"--x\r\n" * 200_000,
    "nearly": b"--x\r\n\r\n" + b"\r\n--" * 250_000,
    "dashes": b"-" * 1_000_000,
    "head": b"--x\r\n" + b"X: y\r\n" * 150_000,
    "line": b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 1_000_000,
    "parameters": b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 10_000 + b"\r\n\r\nc\r\n--x--",
    "quotes": b'--x\r\nContent-Disposition: form-data; name="' + b'\\"' * 100_000 + b"\r\n\r\nc\r\n--x--",
    "base64": b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b" =\r\n" * 250_000 + b"\r\n--x--",
}  # fmt: skip


def test_a_form_of_a_million_pieces_holds_nobody_up(places: dict[str, str], ticket: str, writes: Writes) -> None:
    for kind, body in HUGE.items():
        for path in [*places][:5] + [*places][-2:]:
            with writes.watched():
                status = ask(path, b"multipart/form-data; boundary=x", body, ticket)
            assert status < 500, (kind, path)
            assert writes.outside(sealed_file.folder()) == [], (kind, path)


LENGTHS = [b"", b"0", b"1", b"-1", b"x", b"1e3", b"9" * 30, b" 5", b"5, 5", b"\xb2"]


def test_a_length_that_is_not_so_is_answered(places: dict[str, str], ticket: str) -> None:
    for path, length in product([*places][:3], LENGTHS):
        assert ask(path, b"multipart/form-data; boundary=x", many(2), ticket, length=length) < 500


def test_a_body_as_long_as_is_taken_is_never_spooled_to_a_file(writes: Writes) -> None:
    """Django writes a longer one to a file, which may hold a portrait, before anything of ours sees it."""
    from django.conf import settings

    async def read(size: int) -> Any:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        return await ASGIHandler().read_body(receive)

    with writes.watched():
        asyncio.run(read(settings.UPLOAD_LIMIT + 64 * 1024)).close()
    assert writes.seen == []


def test_what_is_written_would_be_seen(places: dict[str, str], ticket: str, writes: Writes, settings: Any) -> None:
    """With Django's own way of taking uploads the watch strikes."""
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    with writes.watched():
        ask(next(iter(places)), b"multipart/form-data; boundary=x", many(1, b'; filename="a"'), ticket)
    assert writes.outside(sealed_file.folder()) != []


def test_a_whole_form_comes_through(places: dict[str, str], ticket: str) -> None:
    """So what is refused above is refused for what it is."""
    path = next(one for one in places if "/pieces/" in one and one.startswith("/api/"))
    piece = b'Content-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + b"z" * 100
    assert ask(path, b"multipart/form-data; boundary=x", joined([piece], b"x", b"--\r\n"), ticket) == 200
