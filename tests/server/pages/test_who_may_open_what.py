"""Every address of the server, asked by everybody: the URL table is the list, so a new page is tested by itself."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from gatehouse.keeper.protocol import Role

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
SAMPLES = {
    "uuid": str(NOBODY),
    "date": date(2026, 3, 4).isoformat(),
    "code": "abc",
    "slug": "abc",
    "int": "1",
    "month": "2026-03",
}
PUBLIC = {
    "home", "enter", "enter-code", "enter-code-bare", "sign-out", "set_language",
    "passkey-begin", "passkey-enter", "password-enter", "certificate", "certificate-file",
    "pay", "pay-find", "pay-start", "pay-test", "pay-receipt", "pay-state", "pay-dispute", "pay-notice", "auto-pay",
    "display", "display-screen",
    "pay-station", "pay-lost", "pay-more", "pay-pdf", "pay-invoice", "pay-help", "pay-help-state", "pay-held",
    "pay-entry", "pay-come-in", "pay-mine", "pay-unfound",
    "merchant", "merchant-pin", "merchant-give", "merchant-undo", "merchant-code", "validate",
    "sign", "sign-screen",
    "absent", "visit", "visit-pass", "visit-code", "visit-erase",
}  # fmt: skip


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def _address(route: str) -> str:
    for kind, sample in SAMPLES.items():
        while f"<{kind}:" in route:
            start = route.index(f"<{kind}:")
            route = route[:start] + sample + route[route.index(">", start) + 1 :]
    return "/" + route


def _ours() -> list[tuple[str, URLPattern]]:
    return [(r, p) for r, p in _patterns(get_resolver()) if not r.startswith(("backoffice/", "api/"))]


PAGES = [pytest.param(r, p, id=str(p.name)) for r, p in _ours() if hasattr(p.callback, "roles")]


def test_every_page_says_who_may_open_it() -> None:
    unsaid = [route for route, p in _ours() if not hasattr(p.callback, "roles") and not hasattr(p.callback, "public")]
    assert unsaid == []


def test_the_pages_that_need_no_sign_in_are_the_named_ones() -> None:
    assert {p.name for _, p in _ours() if hasattr(p.callback, "public")} == PUBLIC


@pytest.mark.parametrize(("route", "pattern"), PAGES)
def test_a_stranger_is_sent_to_sign_in(house, route, pattern) -> None:
    for method in ("get", "post"):
        response = getattr(house.browser(), method)(_address(route))
        assert (response.status_code, response["Location"]) == (302, "/enter/")


def test_a_role_opens_only_its_own_pages(house) -> None:
    for role in Role:
        browser = house.browser(role)
        for route, pattern in _ours():
            roles = getattr(pattern.callback, "roles", None)
            if roles is None or role in roles:
                continue
            for method in ("get", "post"):
                assert getattr(browser, method)(_address(route)).status_code == 403, (role, route)


def test_the_back_office_is_for_operators_who_set_things_up(house) -> None:
    assert house.browser().get("/backoffice/").status_code == 302
    for role in (Role.WORKER, Role.AUDITOR):
        assert house.browser(role).get("/backoffice/").status_code == 302
    assert house.browser(Role.OWNER).get("/backoffice/").status_code == 200
    for route, _ in _patterns(get_resolver()):
        if route.startswith("backoffice/") and "(?P" not in route:
            address = _address(route.replace("<path:", "<slug:"))
            assert house.browser().get(address).status_code in {302, 404}, route
