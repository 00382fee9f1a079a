"""Somebody signed in names a honey record in an address or a form. No page of ours gave them its id, so they have it
from a copy of the database, and are asking the server which of its rows are real.

The page would answer that nobody is there, and so tell. The keeper is asked about the record in their name instead,
which locks them out and alerts (docs/specs/keeper.md); then the request goes its way with nobody signed in.
"""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict

from gatehouse.keeper.protocol import Authority
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import COOKIE, forget_tickets, ticket_of
from gatehouse.server.people import known
from gatehouse.server.problems import problem

FORM = "application/x-www-form-urlencoded"


class TripwireMiddleware:
    """Stands behind `SignedInMiddleware`, whose word it takes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._inner(request)

    def process_view(
        self, request: HttpRequest, view: object, args: Iterable[object], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        honeys = known.honeys()
        named = next((one for one in _ids(_words(request, args, kwargs)) if one in honeys), None) if honeys else None
        if named is None:
            return None
        try:
            for token in filter(ticket_of, _tokens(request)):  # or strangers could fill the keeper's log
                keeping.held(named, Authority(ticket=token))
        except keeping.KeeperAway:
            return problem(503, "keeper_away", "The keeper does not answer; try again in a moment.")
        forget_tickets()  # the account's others have ended too
        request.signed_in = None  # type: ignore[attr-defined]
        request.user = AnonymousUser()
        return None


def _words(request: HttpRequest, args: Iterable[object], kwargs: dict[str, object]) -> Iterator[object]:
    yield from args
    yield from kwargs.values()
    for typed in (request.GET, _form(request)):
        for _, values in typed.lists():
            yield from values


def _form(request: HttpRequest) -> QueryDict:
    """Empty where there is none that can be read, which the page says then. A form with files is looked at where the
    check of its token has read it already."""
    try:
        return request.POST if request.content_type == FORM or hasattr(request, "_post") else QueryDict()
    except (SuspiciousOperation, OSError):
        return QueryDict()


def _ids(words: Iterable[object]) -> Iterator[UUID]:
    """Those words that a field of Django's would take for an id."""
    for word in words:
        if isinstance(word, UUID):
            yield word
        elif isinstance(word, str) and 32 <= len(word) <= 200:
            try:
                yield UUID(word)
            except ValueError:
                continue


def _tokens(request: HttpRequest) -> set[str]:
    """Of the cookie, and of the header that programs send."""
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    found = {request.COOKIES.get(COOKIE, ""), bearer if kind.lower() == "bearer" else ""}
    return {token for token in found if token and token.isascii()}
