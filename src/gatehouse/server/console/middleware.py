"""What every page of ours does on its way in and out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gatehouse.server.console import problems
from gatehouse.server.keeping import KeeperAway, KeeperRefused

BACKOFFICE = "/backoffice/"
# Unfold's own scripts evaluate their attributes and set styles; nothing of ours does, so only its path is loosened.
UNFOLD_NEEDS = {
    "script-src": ["'self'", "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}


class PagesMiddleware:
    """A keeper that does not answer, or refuses, becomes a page that says so, wherever it was asked.

    Stands outside `SignedInMiddleware`, which answers programs with problem+json when it can not ask who is there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._inner(request)
        if request.path.startswith(BACKOFFICE):
            response._csp_update = UNFOLD_NEEDS  # type: ignore[attr-defined]
        for_program = response.headers.get("Content-Type") == "application/problem+json"
        if for_program and response.status_code == 503 and "text/html" in request.headers.get("Accept", ""):
            return problems.keeper_away(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case KeeperAway():
                return problems.keeper_away(request)
            case KeeperRefused():
                return problems.keeper_refused(request, exception.code)
            case _:
                return None
