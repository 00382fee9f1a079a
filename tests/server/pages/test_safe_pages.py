"""What keeps pages from leaking: headers, templates without inline code or foreign addresses, words in bodies only."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from gatehouse.keeper.protocol import Role

SERVER = Path(__file__).parents[3] / "src" / "gatehouse" / "server"
TEMPLATES = sorted(p for room in ("console", "portal") for p in (SERVER / room / "templates").rglob("*.html"))
OWN_FILES = sorted((SERVER / "console" / "static").rglob("*.*"))
INLINE = re.compile(r"""\sstyle=|<style|\son[a-z]+\s*=\s*["']|javascript:|<script(?![^>]*\ssrc=)|hx-on|hx-vals=.js""")
FOREIGN = re.compile(r"""(?:src|href|action|url)\s*[=(]\s*["']?(?:https?:)?//""")


def test_own_pages_allow_nothing_inline_and_nothing_foreign(house) -> None:
    for role, page in ((Role.OWNER, "/watch/"), (Role.HR, "/month/"), (None, "/enter/")):
        headers = house.browser(role).get(page).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_is_loosened_for_the_back_office_only(house) -> None:
    browser = house.browser(Role.OWNER)
    assert "unsafe-eval" in browser.get("/backoffice/").headers["Content-Security-Policy"]
    assert "unsafe" not in browser.get("/people/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_a_template_holds_no_inline_code_and_no_foreign_address(path) -> None:
    text = path.read_text("utf-8")
    assert not INLINE.search(text)
    assert not FOREIGN.search(text)
    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda p: p.name)
def test_our_own_files_ask_nobody_else(path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in text
    assert "https:" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_form_is_sent_in_the_body(path) -> None:
    for form in re.findall(r"<form\b[^>]*>", path.read_text("utf-8")):
        assert 'method="post"' in form


def test_views_reach_rows_through_queries_only() -> None:
    views = [p for room in ("console", "portal") for p in (SERVER / room).glob("*.py")]
    assert len(views) > 20
    assert [p.name for p in views if ".objects" in p.read_text("utf-8")] == []


def test_what_is_typed_is_shown_as_text_and_never_as_markup(house) -> None:
    page = house.browser(Role.HR).post("/people/", {"q": '"><b onclick=x>Mo'}).content.decode()
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page


def test_a_page_that_broke_holds_no_data_and_no_trace(house) -> None:
    page = house.browser(Role.HR).get(f"/people/{house.world.site.pk}/")
    text = page.content.decode()
    assert page.status_code == 404
    assert "There is nothing here" in text
    assert "Traceback" not in text
    assert str(house.world.site.pk) not in text.replace(f'value="/people/{house.world.site.pk}/"', "")


def test_a_form_without_its_token_is_refused(house) -> None:
    browser = house.browser(Role.OWNER)
    browser.handler.enforce_csrf_checks = True
    response = browser.post(reverse("sign-out"))
    assert response.status_code == 400
    assert "That did not work" in response.content.decode()
