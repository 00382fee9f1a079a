"""Somebody without a ticket walks through every address, guesses, replays links and cookies, and sends garbage."""

import re
import socket
import uuid
from collections.abc import Iterator

import httpx
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from tests.attacks.identities import seen_in
from tests.attacks.site import WITHIN_S, Attacked

from gatehouse.demo.site import PERMIT_PLATE
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Refused, Role, WhoAmI
from gatehouse.server.accounts.signed_in import COOKIE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

# Everything that answers 200 to a stranger, and why: it is written here a second time on purpose.
PUBLIC = {
    "enter", "enter-code", "enter-code-bare",  # where one signs in
    "passkey-begin",  # a challenge, which opens nothing
    "certificate",  # how to trust the address, before one can sign in
    # By the garage's own code: forms, and one that an old code of an exit leads back to. A display and a lane have
    # codes of their own, which the walk does not know.
    "pay", "pay-find", "pay-station", "pay-lost", "pay-held", "pay-unfound",
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


# --- every address ----------------------------------------------------------------------------------------------------


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), str(entry.name)


def address(route: str, site: Attacked, own: str) -> str:
    """The route filled with what is really there: the site's rows, its pay code, the days of its passages."""
    values = {
        "site_id": site.site_id, "month": f"{site.day():%Y-%m}", "date": site.day().isoformat(), "int": "1",
        "code": site.pay_page.split("/")[2] if route.startswith("pay/") else "abc", "slug": "demo", "path": own,
    }  # fmt: skip
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", own, route).replace("^", "").replace("\\Z", "").replace("$", "")

    def filled(found: re.Match[str]) -> str:
        kind, _, name = found[1].rpartition(":")
        return values.get(name, values.get(kind, own))

    return "/" + re.sub(r"<([^>]+)>", filled, route)


def test_no_address_answers_a_stranger_but_the_public_ones(site: Attacked) -> None:
    """The server's own table of addresses, the back office's and the API's included, with ids of real rows."""
    person = site.ids("people_person")[0]
    routes = list(patterns(get_resolver()))
    assert len(routes) > 100
    client, open_ones = site.stranger(), set()
    for route, name in routes:
        for method in ("GET", "POST"):
            answer = client.request(method, address(route, site, person))
            assert answer.status_code < 500, (method, route)
            assert seen_in(answer.content) == set(), (method, route)
            if answer.status_code == 200:
                open_ones.add(name)
    assert open_ones <= PUBLIC
    assert open_ones >= {"enter", "pay"}  # the walk did arrive


def test_no_other_method_and_no_forged_ticket_opens_an_address(site: Attacked) -> None:
    person = site.ids("people_person")[0]
    client = site.stranger()
    forged = {"Authorization": f"Bearer {'A' * 43}", "Cookie": f"{COOKIE}={'A' * 43}"}
    for route in (
        f"/api/sites/{site.site_id}/people",
        f"/people/{person}/",
        "/watch/events",
        "/backoffice/",
        "/trust/",
    ):
        for method in METHODS:
            answer = client.request(method, route, headers=forged)
            assert answer.status_code in (302, 400, 401, 403, 404, 405), (method, route)
            assert seen_in(answer.content) == set()


@pytest.mark.parametrize(
    "path",
    [
        "/media/", "/server/gatehouse.db", "/static/../server/gatehouse.db", "/static/%2e%2e/%2e%2e/keeper/root.key",
        "/.git/config", "/.env", "/gatehouse.db", "/logs/server.log", "/admin/", "/docs", "/redoc", "/api/docs",
        "/debug/", "/metrics", "/server-status", "/edge/", "/edge/letters", "/edge/feed", "//etc/passwd",
        "/display/demo/exit/abc/", "/api/openapi.json/../sites", "/keeper/root.key", "/backups/",
    ],
)  # fmt: skip
def test_what_a_scanner_tries_is_not_there(site: Attacked, path: str) -> None:
    answer = site.stranger().get(path)
    assert answer.status_code in (301, 302, 400, 401, 403, 404, 405), answer.status_code
    assert b"SQLite format 3" not in answer.content
    assert seen_in(answer.content) == set()


# --- the payment page -------------------------------------------------------------------------------------------------


def test_guessed_plates_are_answered_thirty_times_and_then_no_more(site: Attacked) -> None:
    """Whatever cookies and forwarding headers a guesser invents: what a proxy on this machine adds comes last, and only
    that counts. A known car that is not inside looks like an unknown one."""
    answered, pages = 0, set()
    for number in range(36):
        client = site.stranger()
        form = site.csrf(client, site.pay_page)
        invented = f"10.0.0.{number}"
        headers = {"X-Forwarded-For": f"{invented}, 203.0.113.9", "X-Real-IP": invented, "Forwarded": f"for={invented}"}
        plate = PERMIT_PLATE if number == 0 else f"京K{number:05d}"
        answer = client.post(f"{site.pay_page}find", data=form | {"plate": plate}, headers=headers)
        assert answer.status_code in (200, 429)
        if answer.status_code == 200:
            answered += 1
            shown = f"{plate[:2]}·{plate[2:]}"
            pages.add(re.sub(rf'\w{{64}}|data-now="[^"]*"|{plate}|{shown}', "", answer.text))  # what differs by chance
    assert answered == 30
    assert len(pages) == 1


def test_without_the_garages_own_code_there_is_nothing_to_ask(site: Attacked) -> None:
    for code in ("garage", "demo", "1", "0" * 20, str(uuid.uuid4())):
        assert site.stranger().get(f"/pay/{code}/").status_code == 404


# --- links, cookies ---------------------------------------------------------------------------------------------------


def test_a_one_time_link_works_once(site: Attacked) -> None:
    """Looking at it does not spend it; pressing the button does, also for whoever comes second with the same page."""
    code = invite_operator(site.box.home, str(uuid.uuid4()), Role.SECURITY)
    first, second = site.stranger(), site.stranger()
    assert [client.get(f"/enter/{code}").status_code for client in (first, second)] == [200, 200]
    form = site.csrf(second, f"/enter/{code}")
    assert site.enter(first, code).status_code == 302
    assert first.get("/watch/").status_code == 200
    refused = second.post("/enter/", data=form | {"code": code})
    assert (refused.status_code, COOKIE in second.cookies, code in refused.text) == (403, False, False)
    assert second.get("/watch/").status_code == 302
    assert site.stranger().post("/api/sign-in", json={"code": code}).status_code == 401


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(site: Attacked, keeper: Client) -> None:
    clerk = site.browser(Role.OWNER)
    stolen = clerk.cookies[COOKIE]
    thief = site.stranger()
    thief.cookies.set(COOKIE, stolen)
    assert thief.get("/watch/").status_code == 200
    assert clerk.post("/leave/", data=site.csrf(clerk, "/watch/")).status_code == 302
    for page in ("/watch/", "/people/", "/backoffice/"):
        assert thief.get(page).status_code == 302, page
    assert site.stranger().get("/api/me", headers={"Authorization": f"Bearer {stolen}"}).status_code == 401
    assert keeper.call(WhoAmI(stolen)) == Refused("no_ticket")


def test_a_ticket_of_another_site_reaches_nothing_of_this_one(site: Attacked) -> None:
    """Over the API, whose own table of routes says what there is."""
    owner = site.program(Role.OWNER)
    place = {"code": "yard", "name": "Yard", "type": "workplace", "zone": "Asia/Shanghai", "currency": "CNY"}
    other = owner.post("/api/sites", json=place).json()["id"]
    ids = {
        "site_id": site.site_id, "person_id": site.ids("people_person")[0], "gate_id": site.ids("gates_gate")[0],
        "garage_id": site.ids("parking_garage")[0], "vehicle_id": site.ids("people_vehicle")[0],
    }  # fmt: skip
    file = {"parts": [{"name": "people.zip", "size": 100}]}
    ids |= {"import_id": owner.post(f"/api/sites/{site.site_id}/photos", json=file).json()["id"], "number": "0"}
    # Of these the site has none: an id of another site's and one of nobody's get one answer.
    ids |= dict.fromkeys(("entry_id", "pool_id", "permit_id", "booking_id"), str(uuid.uuid4())) | {"kind": "blocked"}
    described = owner.get("/api/openapi.json").json()["paths"]
    guests = [site.program(role, sites=(other,)) for role in (Role.OWNER, Role.HR, Role.SECURITY)]
    asked = 0
    for path, operations in described.items():
        if "{" not in path or "{name}" in path:
            continue
        for method in operations:
            for guest in guests:
                answer = guest.request(method.upper(), path.format(**ids), json={} if method != "get" else None)
                assert answer.status_code in (403, 404, 422), (method, path, answer.status_code)
                assert method != "get" or answer.status_code != 422 or "required" not in path
                assert seen_in(answer.content) == set()
                asked += 1
    assert asked > 60
    for guest in guests[1:]:
        assert [row["id"] for row in guest.get("/api/sites").json()] == [other]


# --- garbage ----------------------------------------------------------------------------------------------------------

MARK = "zq7Marker9"
PLACES = ("/edge/letters", "/edge/feed", "/pay/", "/api/", "/api/sign-in", "/enter/", "/people/", "/display/")
BODIES = [
    b"", b"\x00" * 64, b"\xff\xfe\xfd" * 50, MARK.encode() * 300, b'{"code": "' + MARK.encode() + b'"}', b"[" * 20_000,
    b"<script>alert('" + MARK.encode() + b"')</script>", b"%PDF-" + bytes(range(256)), b"a=%00%00" + MARK.encode(),
    b"--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"" + MARK.encode() + b"\"\r\n\r\n\x00\r\n--x--",
]  # fmt: skip
KINDS = (
    "application/msgpack", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data", "text/plain; charset=nonsense", "x" * 300,
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_garbage_is_refused_at_once_and_never_quoted(site: Attacked, place: str) -> None:
    client = site.stranger()
    if place == "/pay/":
        place = f"{site.pay_page}find"
    for method in ("POST", "GET", "PUT"):
        for body in BODIES:
            for kind in KINDS:
                answer = client.request(method, place, content=body, headers={"Content-Type": kind})
                assert answer.status_code < 500, (method, body[:20], kind)
                assert MARK not in answer.text, (method, body[:20], kind)


def test_garbage_in_addresses_headers_and_cookies_is_never_quoted(site: Attacked) -> None:
    client = site.stranger()
    for path in (f"/{MARK}", f"/api/{MARK}", f"/edge/{MARK}", f"/pay/{MARK}/", f"/people/?q={MARK}", f"/enter/{MARK}/x",
                 f"/api/sites?{MARK}=1", f"/edge/feed?roster={MARK}", f"/display/{MARK}/{MARK}/{MARK}/", f"/%00{MARK}",
                 f"/api/jobs/{MARK}/run", "/%ff%fe", "/" + "a" * 6000, f"/edge/feed?wait={MARK}"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code < 500, path
        # The form that changes the language goes back to this address; that is the one place where it stands.
        assert MARK not in re.sub(r'name="next" value="[^"]*"', "", answer.text), path
    for name in (
        "Authorization",
        "Cookie",
        "Accept",
        "Accept-Language",
        "Origin",
        "Referer",
        "X-CSRFToken",
        "HX-Request",
    ):
        for value in (
            MARK,
            f"Bearer {MARK}",
            f"Gatehouse {MARK}.1.{'A' * 86}",
            f"{COOKIE}={MARK}",
            "é\u00ff" * 40,
            "," * 400,
        ):
            for path in ("/", "/enter/", "/api/me", "/edge/feed", "/backoffice/"):
                answer = client.get(path, headers={name: value.encode("latin-1")})
                assert answer.status_code < 500, (name, value, path)
                assert MARK not in answer.text, (name, value, path)


def test_an_address_that_is_a_script_is_shown_as_text_and_leads_nowhere_else(site: Attacked) -> None:
    client = site.stranger()
    assert "<script>zq" not in client.get("/%22%3E%3Cscript%3Ezq").text
    form = site.csrf(client, "/enter/")
    for to in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post("/language/", data=form | {"language": "en", "next": to})
        assert "evil.example" not in answer.headers.get("Location", "")
        assert "javascript" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("host", [MARK, "evil.example", "localhost.evil.example", ""])
def test_a_host_that_is_not_ours_is_refused(site: Attacked, host: str) -> None:
    answer = site.stranger().get("/enter/", headers={"Host": host})
    assert answer.status_code == 400
    assert MARK not in answer.text


def test_a_plate_that_is_a_script_is_shown_as_text(site: Attacked) -> None:
    client = site.stranger()
    form = site.csrf(client, site.pay_page)
    answer = client.post(f"{site.pay_page}find", data=form | {"plate": '"><script>x'})
    assert answer.status_code in (200, 429)
    assert "<script>x" not in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /edge/letters HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /edge/letters HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=["bytes", "version", "length", "chunks", "address", "headers"],
)
def test_what_is_no_http_hangs_nothing(site: Attacked, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.box.port), timeout=WITHIN_S) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65_536)
        except OSError:
            answer = b""
    assert b" 500 " not in answer.split(b"\r\n", 1)[0]
    assert httpx.get(f"{site.url}/healthz", timeout=WITHIN_S).text == "ok\n"


def test_a_body_beyond_the_limit_is_refused_and_not_kept(site: Attacked) -> None:
    big = b"x" * (9 * 1024 * 1024)
    client = site.stranger()
    assert client.post("/edge/letters", content=big).status_code == 413
    assert client.post("/api/sign-in", content=big, headers={"Content-Type": "application/json"}).status_code == 413


# --- pages that say that something is wrong ---------------------------------------------------------------------------


def test_a_page_that_breaks_says_nothing_of_what_broke(site: Attacked) -> None:
    """A table is gone: no traceback, no SQL, no name, and the log keeps only where it happened."""
    clerk, person = site.browser(Role.HR), site.ids("people_person")[0]
    log = site.box.home / "logs" / "server.log"
    before = log.stat().st_size
    site.rows("ALTER TABLE people_membership RENAME TO hidden")
    try:
        answers = [
            clerk.get(f"/people/{person}/"),
            clerk.get("/people/"),
            clerk.get(f"/api/sites/{site.site_id}/people"),
        ]
    finally:
        site.rows("ALTER TABLE hidden RENAME TO people_membership")
    assert {answer.status_code for answer in answers} & {500, 503}
    for answer in answers:
        assert seen_in(answer.content) == set()
        for tell in ("Traceback", "people_membership", "SELECT", "sqlite", ".py", "Django"):
            assert tell not in answer.text, tell
    written = log.read_bytes()[before:]
    assert seen_in(written) == set()
    assert b"SELECT" not in written


def test_with_the_keeper_away_pages_say_so_and_show_nobody(site: Attacked) -> None:
    clerk, person = site.browser(Role.HR), site.ids("people_person")[0]
    site.box.keeper.kill()
    try:
        for page in (f"/people/{person}/", "/people/", f"/month/{site.day():%Y-%m}/{person}", "/trust/"):
            answer = clerk.get(page)
            assert answer.status_code in (403, 503), page
            assert seen_in(answer.content) == set()
    finally:
        site.box.start_keeper()
    assert clerk.get("/people/").status_code == 200
