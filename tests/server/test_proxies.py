"""Who is believed about whom they speak for. Behind a proxy that is not, all drivers would be one source."""

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gatehouse.server.run import PROXIES, BadProxies, trusted_proxies


async def _seen(from_: str, forwarded: str) -> str:
    found = []

    async def app(scope, receive, send) -> None:
        found.append(scope["client"][0])

    scope = {"type": "http", "client": (from_, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    await ProxyHeadersMiddleware(app, trusted_proxies())(scope, None, None)
    return found[0]


def _ask(from_: str, forwarded: str) -> str:
    import asyncio

    return asyncio.run(_seen(from_, forwarded))


def test_a_proxy_on_this_machine_is_believed_and_a_drivers_own_word_is_not(monkeypatch) -> None:
    monkeypatch.delenv(PROXIES, raising=False)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert _ask("127.0.0.1", "203.0.113.7") == _ask("::1", "203.0.113.7") == "203.0.113.7"
    assert _ask("127.0.0.1", "10.9.9.9, 203.0.113.7") == "203.0.113.7"  # what a driver wrote before the proxy did
    assert _ask("198.51.100.1", "203.0.113.7") == "198.51.100.1"


def test_drivers_behind_a_proxy_that_is_named_are_told_apart(monkeypatch) -> None:
    chain = "203.0.113.7, 192.0.2.10"
    monkeypatch.delenv(PROXIES, raising=False)
    assert _ask("127.0.0.1", chain) == "192.0.2.10"
    monkeypatch.setenv(PROXIES, "192.0.2.0/24, 2001:db8::/32")
    assert _ask("127.0.0.1", chain) == "203.0.113.7"


@pytest.mark.parametrize("said", ["*", "proxy.example", "0.0.0.0/0/0"])
def test_what_is_no_address_is_no_proxy(monkeypatch, said) -> None:
    monkeypatch.setenv(PROXIES, said)
    with pytest.raises(BadProxies, match=r"GATEHOUSE_PROXIES: .* is no address"):
        trusted_proxies()
