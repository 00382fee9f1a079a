"""An owner of one garage says where a provider answers; this server speaks to nobody else's neighbours for it."""

import httpx
import pytest
from tests.server.world import SETUP

from gatehouse.server.parking import accounts
from gatehouse.server.parking.providers import alipay, known, web
from gatehouse.server.parking.providers.protocol import ProviderFault

KEYS = {"secret_key": "sk_test_x", "webhook_secret": "whsec_x"}
INSIDE = (
    "http://169.254.169.254/latest", "http://127.0.0.1:5432", "https://10.0.0.1", "http://[::1]:8000",
    "file:///etc/passwd", "https://api.stripe.com@10.0.0.1", "https://api.stripe.com.evil.example", "http://api.stripe.com",
    "//10.0.0.1", "x", "https://api.stripe.com:22",
)  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_no_account_speaks_to_an_address_inside(world, settings, url) -> None:
    settings.PROVIDER_HOSTS = frozenset()
    with pytest.raises(known.BadKeys) as fault:
        accounts.add_account(world.site, "stripe", KEYS | {"base_url": url}, by=SETUP, at=world.clock.now())
    assert fault.value.field == "base_url"


def test_the_providers_own_address_and_one_that_was_allowed_are_taken(world, settings) -> None:
    settings.PROVIDER_HOSTS = frozenset({"pay.example"})
    for url in ("", "https://api.stripe.com", "http://pay.example:8080"):
        account = accounts.add_account(world.site, "stripe", KEYS | {"base_url": url}, by=SETUP, at=world.clock.now())
        with pytest.raises(known.BadKeys):
            accounts.change_keys(account, KEYS | {"base_url": "http://10.0.0.1"}, by=SETUP, at=world.clock.now())


def test_a_statement_is_fetched_from_alipay_alone(settings) -> None:
    settings.PROVIDER_HOSTS = frozenset()
    for url in ("http://127.0.0.1:80/", "http://alipay.com.evil.example/bill", "https://evilalipay.com/bill"):
        assert not web.is_of(url, alipay.BILL_HOSTS, ("http", "https")), url
    assert web.is_of(
        "http://dwbillcenter.alipay.com/downloadBillFile.resource?x=1", alipay.BILL_HOSTS, ("http", "https")
    )


def test_an_answer_without_end_is_none(monkeypatch) -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self):
            for _ in range(50):
                yield b"x" * 1_000_000
            pytest.fail("it was read to its end")

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless()))

    def stream(method, url, **asked):
        return httpx.Client(transport=transport).stream(
            method, url, **{name: asked[name] for name in ("content", "headers", "timeout", "follow_redirects")}
        )

    monkeypatch.setattr(httpx, "stream", stream)
    monkeypatch.setattr(web, "MOST_BYTES", 5_000_000)
    with pytest.raises(ProviderFault) as fault:
        web.call("GET", "https://api.stripe.com/")
    assert fault.value.code == "odd_answer"
