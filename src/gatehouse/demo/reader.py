"""Somebody signed in at the pages, as a worker on a phone or HR at a desk: links, forms and buttons, no script."""

from __future__ import annotations

import re

import httpx

from gatehouse.demo.console import TIMEOUT_S, Answered

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Reader:
    def __init__(self, url: str, code: str) -> None:
        """Spends a one-time code. Raises Answered."""
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_S, follow_redirects=True)
        self.page = self.open(f"/enter/{code}/")
        self.send("/enter/", code=code)  # leads to a page that offers a passkey
        self.open("/me/" if "/me/" in self.page else "/")

    def close(self) -> None:
        self._client.close()

    def open(self, address: str) -> str:
        """The page's text. Raises Answered."""
        answer = self._client.get(address)
        if answer.is_error:
            raise Answered(f"GET {address.split('?')[0]}: {answer.status_code}")
        self._at, self.page = str(answer.url), answer.text
        return self.page

    def send(self, address: str, **typed: str) -> str:
        """Send a form of the page that is open; the page that follows. Raises Answered."""
        token = _TOKEN.search(self.page)
        if token is None:
            raise Answered("the page has no form")
        form = {"csrfmiddlewaretoken": token[1], **typed}
        answer = self._client.post(address, data=form, headers={"Referer": self._at})
        if answer.is_error:
            raise Answered(f"POST {address}: {answer.status_code}")
        self._at, self.page = str(answer.url), answer.text
        return self.page

    def address(self, pattern: str) -> str:
        """The first address of the open page that matches. Raises Answered."""
        found = re.search(pattern, self.page)
        if found is None:
            raise Answered(f"no address like {pattern}")
        return found[0]
