"""Somebody on the network who knows this machine by name."""

import ssl

import httpcore
import httpx

NAME = "gate.test"


class _ByName(httpcore.SyncBackend):
    """Finds the name at this machine, as the site's router or DNS would."""

    def connect_tcp(self, host, port, **options):
        return super().connect_tcp("127.0.0.1" if host == NAME else host, port, **options)


def trusting(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority)


def by_name(port: int, context: ssl.SSLContext) -> httpx.Client:
    transport = httpx.HTTPTransport(verify=context)
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_ByName())
    return httpx.Client(transport=transport, timeout=60)
