"""How providers are called: short waits, no redirects, and every fault of the line is a ProviderFault."""

import httpx

from gatehouse.server.parking.providers.protocol import ProviderFault

TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_S = 60.0


def call(
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> httpx.Response:
    """The answer, whatever its status. Raises ProviderFault `away`."""
    try:
        return httpx.request(method, url, content=content, headers=headers, timeout=timeout_s, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise ProviderFault("away", type(fault).__name__) from fault
