"""Which role may open which page. The table is the URL list itself: every route is made by `page` or `public`.

A page's roles are the first of two gates; the second is the keeper, which trusts only its own tickets.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_htmx.http import HttpResponseClientRedirect

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.moment import now

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Awaitable[HttpResponseBase]]

GUARDS = frozenset({Role.OWNER, Role.SECURITY, Role.PARKING})
WATCHERS = GUARDS | {Role.AUDITOR}
KNOWERS = frozenset({Role.OWNER, Role.SECURITY, Role.HR})
PAYROLL = frozenset({Role.OWNER, Role.HR})
TRUSTED = frozenset({Role.OWNER, Role.AUDITOR})
OWNERS = frozenset({Role.OWNER})
WORKERS = frozenset({Role.WORKER})
OPERATORS = frozenset(Role) - WORKERS
EVERYBODY = frozenset(Role)

START: dict[Role, str] = {
    Role.OWNER: "watch",
    Role.SECURITY: "watch",
    Role.PARKING: "watch",
    Role.HR: "month",
    Role.AUDITOR: "trust",
    Role.WORKER: "me",
}

_NAV: tuple[tuple[str, words.Text, frozenset[Role]], ...] = (
    ("watch", _("Watch"), WATCHERS),
    ("lanes", _("Lanes"), WATCHERS),
    ("access", _("Access"), frozenset({Role.OWNER, Role.SECURITY})),
    ("parking", _("Parking"), frozenset({Role.OWNER, Role.PARKING, Role.AUDITOR})),
    ("people", _("People"), KNOWERS),
    ("muster", _("Muster"), KNOWERS),
    ("month", pgettext_lazy("page", "Time"), PAYROLL),
    ("payruns", _("Pay runs"), PAYROLL),
    ("trust", _("Trust"), TRUSTED),
    ("me", _("My page"), WORKERS),
    ("admin:index", _("Back office"), OPERATORS - {Role.AUDITOR}),
)


# The tabs of parking, and what lies under them.
_PARKING = (
    "garage", "inside", "permits", "permit", "pool", "lists", "list", "bookings", "booking", "merchants", "merchant",
    "reports", "by", "payouts", "disputes", "dispute", "money",
)  # fmt: skip
# The tabs of time at work.
_TIME = (
    "rosters",
    "patterns",
    "calendar",
    "leave",
    "worklist",
    "performance",
    "registers",
    "imports",
    "exports",
    "hooks",
)
# Whose tab a page lies under, where its name does not say.
_SECTION = (
    dict.fromkeys(("person", "staff", "faces", "departments", "department", "answers", "visitors"), "people")
    | {"lane": "lanes"}
    | {"requests": "people", "request": "people", "retention": "trust", "register": "trust", "assessment": "trust"}
    | dict.fromkeys(_PARKING, "parking")
    | dict.fromkeys(_TIME, "month")
)


def page(route: str, view: View | AsyncView, name: str, roles: frozenset[Role]) -> URLPattern:
    """A route for these roles only: others are sent to sign in, or told that it is not theirs."""
    guarded = (
        _guard_async(cast(AsyncView, view), roles) if iscoroutinefunction(view) else _guard(cast(View, view), roles)
    )
    vars(guarded)["roles"] = roles  # read by the test that walks the URL table
    return path(route, cast(View, guarded), name=name)


def public(route: str, view: View, name: str) -> URLPattern:
    """A route that needs no sign-in, on purpose."""

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    vars(opened)["public"] = True
    return path(route, opened, name=name)


def signed_in(request: HttpRequest) -> SignedIn | None:
    found = getattr(request, "signed_in", None)
    return found if isinstance(found, SignedIn) else None


def reader(request: HttpRequest) -> SignedIn:
    """Who reads a guarded page. Raises PermissionDenied where nobody is signed in."""
    found = signed_in(request)
    if found is None:
        raise PermissionDenied
    return found


def operator_of(request: HttpRequest) -> Operator:
    """The operator on an operators' page. Raises PermissionDenied for a worker."""
    operator = reader(request).operator
    if operator is None:
        raise PermissionDenied
    return operator


def frame(request: HttpRequest) -> dict[str, object]:
    """Context processor: the navigation of the reader's role, and the server's time."""
    found = signed_in(request)
    here = request.resolver_match.view_name if request.resolver_match else ""
    nav = [
        {"href": reverse(name), "name": said, "here": _SECTION.get(here.split("-")[0], here.split("-")[0]) == name}
        for name, said, roles in _NAV
        if found is not None and found.role in roles
    ]
    return {"nav": nav, "now": now()}


def _refuse(request: HttpRequest, roles: frozenset[Role]) -> HttpResponse | None:
    """None when the reader may; a way to sign in for strangers. Raises PermissionDenied for the wrong role."""
    found = signed_in(request)
    if found is None:
        to = reverse("enter")
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRedirect(to)
        return HttpResponseRedirect(to)
    if found.role not in roles:
        raise PermissionDenied
    return None


def _guard(view: View, roles: frozenset[Role]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return _refuse(request, roles) or view(request, *args, **kwargs)

    return guarded


def _guard_async(view: AsyncView, roles: frozenset[Role]) -> AsyncView:
    @wraps(view)
    async def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return _refuse(request, roles) or await view(request, *args, **kwargs)

    return guarded
