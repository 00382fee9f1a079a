"""What every page gets on its way out."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from gatehouse.address import Tls
from gatehouse.server.address import here

INSIST_S = 180 * 86_400
Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class SafelyReachedMiddleware:
    """What came by TLS stays with TLS: no cookie of it is ever sent in the clear. A browser is told to insist on TLS
    only where everybody trusts the certificate: a tablet that lost our own authority could otherwise not even read how
    to trust it again."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self._inner = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self._is_async:
            return self._later(request)
        response = self._inner(request)
        assert isinstance(response, HttpResponseBase)
        return self._mark(request, response)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        response = self._inner(request)
        assert not isinstance(response, HttpResponseBase)
        return self._mark(request, await response)

    @staticmethod
    def _mark(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.is_secure():
            return response
        for cookie in response.cookies.values():
            cookie["secure"] = True
        if here.address is not None and here.address.tls is not Tls.LOCAL:
            response.headers["Strict-Transport-Security"] = f"max-age={INSIST_S}"
        return response


class NoStoreMiddleware:
    """No browser or proxy keeps a copy of a page; static files are answered before this."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self._inner = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self._is_async:
            return self._later(request)
        response = self._inner(request)
        assert isinstance(response, HttpResponseBase)
        return self._mark(response)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        response = self._inner(request)
        assert not isinstance(response, HttpResponseBase)
        return self._mark(await response)

    @staticmethod
    def _mark(response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cache-Control", "no-store")
        return response
