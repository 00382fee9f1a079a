"""A driver with a phone, and the payment provider behind it: both speak HTTP and nothing else."""

import hashlib
import hmac
import http.client
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.garage_day.plan import CURRENCY

AMOUNT = re.compile(r'class="amount">[^0-9<]*([\d.,]+)')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
QUOTE = re.compile(r'name="quote" value="([^"]+)"')
SIGNATURE = "X-Test-Provider-Signature"
NOTICE = "/pay/notice/test/builtin"


class Away(Exception):
    """The server gave no answer that can be used."""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    text: str
    location: str


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that the provider's page now asks for."""

    page: str  # path of the provider's page
    id: str
    amount: int


@dataclass
class Phones:
    """Every driver asks from an address of his own in 127/8, as phones do from theirs."""

    port: int
    _token: str = ""
    _cookie: str = ""
    asked: int = 0

    def ask(self, driver: int, method: str, path: str, fields: dict[str, str] | None = None) -> Page:
        self.asked += 1
        source = f"127.{1 + driver // 62_500 % 250}.{driver // 250 % 250}.{1 + driver % 250}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        headers = {"Cookie": self._cookie} if self._cookie else {}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as fault:
            raise Away(type(fault).__name__) from fault
        finally:
            connection.close()
        if answer.status >= 500:
            raise Away(str(answer.status))
        cookie = answer.getheader("Set-Cookie") or ""
        if cookie.startswith("csrftoken="):
            self._cookie = cookie.partition(";")[0]
        return Page(answer.status, text, answer.getheader("Location") or "")

    def find(self, driver: int, pay_code: str, plate: str) -> Page:
        """The card for a typed plate. Raises Away."""
        if not self._token or driver % 10 == 0:
            found = TOKEN.search(self.ask(driver, "GET", f"/pay/{pay_code}/").text)
            assert found
            self._token = found[1]
        return self.ask(driver, "POST", f"/pay/{pay_code}/find", {"csrfmiddlewaretoken": self._token, "plate": plate})

    def start(self, driver: int, pay_code: str, card: Page) -> Started | None:
        """Press the button of the card; None where there is nothing to pay. Raises Away."""
        quote = QUOTE.search(card.text)
        if quote is None:
            return None
        fields = {"csrfmiddlewaretoken": self._token, "quote": quote[1], "way": "test"}
        begun = self.ask(driver, "POST", f"/pay/{pay_code}/start", fields)
        if begun.status != 302:
            return None
        found = re.search(r"/([0-9a-f-]{36})-[0-9a-f]{32}/?$", begun.location)
        assert found, begun.location
        # A block may have begun since the card was shown: what the provider's page asks for is what it takes.
        amount = amount_of(self.ask(driver, "GET", begun.location))
        assert amount is not None
        return Started(begun.location, found[1], amount)

    def press_pay(self, driver: int, started: Started) -> bool:
        """The driver pays at the provider's page. Raises Away."""
        fields = {"csrfmiddlewaretoken": self._token, "outcome": "paid"}
        return self.ask(driver, "POST", started.page, fields).status == 302

    def paid_page(self, driver: int, pay_code: str, started: Started) -> Page:
        """What the driver sees after paying; a server that is not sure asks the provider then. Raises Away."""
        return self.ask(driver, "GET", started.page.replace("/test/", "/paid/"))


@dataclass
class Provider:
    """Tells again what was paid, signed, as often as it likes. Takes every payment once."""

    port: int
    key: bytes
    taken: dict[str, int] = field(default_factory=dict)
    told_again: int = 0

    def tell_again(self, started: Started) -> None:
        """A notice once more, to a server that listens at an address of its own for them. Raises Away."""
        message = {
            "event": f"test-{started.id}",
            "payment": started.id,
            "amount_minor": started.amount,
            "currency": CURRENCY,
        }
        body = json.dumps(message, separators=(",", ":")).encode()
        signature = hmac.new(self.key, body, hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", NOTICE, body, {SIGNATURE: signature, "Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as fault:
            raise Away(type(fault).__name__) from fault
        finally:
            connection.close()
        self.told_again += 1
        if status >= 500:
            raise Away(str(status))


def amount_of(page: Page) -> int | None:
    """What a page asks for, in whole minor units."""
    found = AMOUNT.search(page.text)
    return None if found is None else round(float(found[1].replace(",", "")) * 100)
