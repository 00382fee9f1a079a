"""What every page gets on its way out."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


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
