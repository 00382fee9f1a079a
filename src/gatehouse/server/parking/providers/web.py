"""How providers are called: short waits, no redirects, and every fault of the line is a ProviderFault."""

from collections.abc import Iterable

import httpx
from django.conf import settings

from gatehouse.server.parking.providers.protocol import ProviderFault

TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_S = 60.0
MOST_BYTES = 64_000_000  # of one answer: the longest statement of a date has far less


def is_of(url: str, hosts: Iterable[str], schemes: Iterable[str] = ("https",)) -> bool:
    """Whether an address is one of these hosts' (".name" means every host under it), or of one that whoever runs this
    server allows. Others are not called: an owner of one garage must not make this server speak to its neighbours."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        return False
    if parts.userinfo or not parts.host:
        return False
    if parts.host in settings.PROVIDER_HOSTS:
        return parts.scheme in ("http", "https")
    usual = parts.port in (None, 80, 443)
    known = any(parts.host == one or (one.startswith(".") and parts.host.endswith(one)) for one in hosts)
    return known and usual and parts.scheme in schemes


def call(
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> httpx.Response:
    """The answer, whatever its status. Raises ProviderFault `away`, `odd_answer` for one without end."""
    try:
        with httpx.stream(
            method, url, content=content, headers=headers, timeout=timeout_s, follow_redirects=False
        ) as answer:
            found = bytearray()
            for part in answer.iter_bytes():
                found += part
                if len(found) > MOST_BYTES:
                    raise ProviderFault("odd_answer", "too long")
            plain = {name: text for name, text in answer.headers.items() if name.lower() != "content-encoding"}
            return httpx.Response(answer.status_code, headers=plain, content=bytes(found), request=answer.request)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise ProviderFault("away", type(fault).__name__) from fault
