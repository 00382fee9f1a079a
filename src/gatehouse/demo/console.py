"""The demo's people at their screens: an operator on the API, a driver on the payment page. Both speak HTTP only."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import httpx

from gatehouse.box.processes import Box
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role

TIMEOUT_S = 20.0


class Answered(RuntimeError):
    """The server refused something that the demo needs; the text says what."""


class Operator:
    """The owner at the API. Signs in anew when the ticket has run out, since the demo's hours pass in seconds."""

    def __init__(self, box: Box, actor: str) -> None:
        self._box = box
        self._actor = actor
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{box.port}/api/", timeout=TIMEOUT_S)
        self._sign_in()

    def close(self) -> None:
        self._client.close()

    def code(self) -> str:
        """A one-time code for the owner's own pages."""
        return invite_operator(self._box.home, self._actor, Role.OWNER)

    def _sign_in(self) -> None:
        answer = _checked(self._client.post("sign-in", json={"code": self.code()}))
        self._client.headers["Authorization"] = f"Bearer {answer['token']}"

    def get(self, path: str, **query: str) -> Any:
        return self._ask("GET", path, params=query)

    def page(self, path: str) -> str:
        """The text of a page outside the API."""
        answer = self._client.get(f"http://127.0.0.1:{self._box.port}{path}")
        if not answer.is_success:
            raise Answered(f"GET {path}: {answer.status_code}")
        return answer.text

    def post(self, path: str, **body: object) -> Any:
        return self._ask("POST", path, json=body)

    def upload(self, path: str, name: str, data: bytes) -> Any:
        return self._ask("POST", path, files={"image": (name, data)})

    def _ask(self, verb: str, path: str, **parts: Any) -> Any:
        answer = self._client.request(verb, path, **parts)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            answer = self._client.request(verb, path, **parts)
        return _checked(answer)


def _checked(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Answered(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer.json() if answer.content else None


class _Form(HTMLParser):
    """The first form in a page's main part that is sent: where it goes, what its fields and buttons hold."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._in_main = self._inside = self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._in_main = True
        elif tag == "form" and given.get("method") == "post" and self._in_main and not self._done:
            self._inside, self.action = True, given.get("action", "")
        elif self._inside and tag in ("input", "button") and given.get("name"):
            self.fields.setdefault(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._inside:
            self._inside, self._done = False, True


class Driver:
    """Somebody with a phone on the payment page: cookies, forms and buttons, no script."""

    def __init__(self, url: str, pay_code: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_S, follow_redirects=True)
        self._page = f"/pay/{pay_code}/"

    def close(self) -> None:
        self._client.close()

    def find(self, plate: str) -> httpx.Response:
        """Type a plate and look what is owed."""
        return self.press(self._client.get(self._page), plate=plate)

    def press(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Press the first button of the page's form; a form without an address goes back to its own page."""
        form = _Form()
        form.feed(page.text)
        if form.action is None:
            raise Answered(f"no form on {page.url.path}")
        headers = {"Referer": str(page.url)}
        answer = self._client.post(form.action or page.url.path, data={**form.fields, **typed}, headers=headers)
        if answer.is_error:
            raise Answered(f"{page.url.path}: {answer.status_code}")
        return answer

    def pay(self, plate: str) -> int:
        """Find, pay, confirm at the provider. The minor units that were due."""
        owed = self.find(plate)
        due = shown_amount(owed.text)
        if due is None:
            raise Answered("the payment page shows no amount for this plate")
        self.press(self.press(owed))
        return due


def shown_amount(page: str) -> int | None:
    """The large amount on a page in minor units (of a currency with cents), None where none is shown."""
    found = re.search(r'class="amount"[^>]*>\D*([\d,]+)\.(\d\d)\s*<', page)
    return int(found[1].replace(",", "") + found[2]) if found else None
