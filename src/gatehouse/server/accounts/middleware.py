"""Sets `request.signed_in` (SignedIn | None) and `request.user` (an Operator or Django's AnonymousUser)."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE, SignedIn, signed_in
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.problems import problem


class SignedInRequest(HttpRequest):
    """What a view gets behind `SignedInMiddleware`."""

    signed_in: SignedIn | None


class SignedInMiddleware:
    """Asks the keeper whose ticket the cookie holds. Without the keeper nobody is signed in, and that is said: 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.COOKIES.get(COOKIE)
        try:
            holder = signed_in(token) if token else None
        except KeeperAway:
            return problem(503, "keeper_away", "The keeper does not answer; try again in a moment.")
        request.signed_in = holder  # type: ignore[attr-defined]
        user: Operator | AnonymousUser = (holder.operator if holder else None) or AnonymousUser()
        request.user = user
        return self._inner(request)
