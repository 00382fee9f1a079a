"""Which role may open which page. The table is the URL list itself: every route is made by `page` or `public`.

A page's roles are the first of two gates; the second is the keeper, which trusts only its own tickets.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_htmx.http import HttpResponseClientRedirect

from gatehouse.domain.alerts import LOUD
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.alerts.queries import unanswered
from gatehouse.server.console import words
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Awaitable[HttpResponseBase]]

GUARDS = frozenset({Role.OWNER, Role.SECURITY, Role.PARKING})
WATCHERS = GUARDS | {Role.AUDITOR}
KNOWERS = frozenset({Role.OWNER, Role.SECURITY, Role.HR})
PAYROLL = frozenset({Role.OWNER, Role.HR})
TRUSTED = frozenset({Role.OWNER, Role.AUDITOR})
OWNERS = frozenset({Role.OWNER})
WORKERS = frozenset({Role.WORKER})
CONTRACTORS = frozenset({Role.CONTRACTOR})
OPERATORS = frozenset(Role) - WORKERS - CONTRACTORS
EVERYBODY = frozenset(Role)

START: dict[Role, str] = {
    Role.OWNER: "watch",
    Role.SECURITY: "watch",
    Role.PARKING: "watch",
    Role.HR: "month",
    Role.AUDITOR: "trust",
    Role.WORKER: "me",
    Role.CONTRACTOR: "contractor",
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
    ("bulk", _("Limits"), OPERATORS - TRUSTED),
    ("setup", _("Set-up"), OWNERS),
    ("me", _("My page"), WORKERS),
    ("contractor", _("My people"), CONTRACTORS),
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
    dict.fromkeys(("person", "staff", "faces", "departments", "department", "answers", "visitors", "pickup"), "people")
    | {"lane": "lanes"}
    | {"requests": "people", "request": "people", "retention": "trust", "register": "trust", "assessment": "trust"}
    | dict.fromkeys(("alerts", "mail", "use"), "trust")
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
    return {  # what is a call is asked for by whole pages alone
        "nav": lambda: _nav(found, here),
        "alerts_open": lambda: _alerts_open(found, here),
        "now": now(),
    }


def _alerts_open(found: SignedIn | None, here: str) -> dict[str, object]:
    """How many alerts nobody has acknowledged, for those whom they are told; the page of alerts says it itself."""
    if found is None or found.role not in TRUSTED or here.startswith("alerts"):
        return {}
    try:
        rows = unanswered(found)
    except DatabaseError:  # a page that says so is shown all the same
        return {}
    return {"count": len(rows), "loud": any(row.kind in LOUD for row in rows)} if rows else {}


def _nav(found: SignedIn | None, here: str) -> list[dict[str, object]]:
    if found is None:
        return []
    section, hidden = here.split("-")[0], _hidden(found)
    return [
        {"href": reverse(name), "name": said, "here": _lies_under(name, section, found)}
        for name, said, roles in _NAV
        if found.role in roles and name not in hidden
    ]


def _lies_under(name: str, section: str, found: SignedIn) -> bool:
    """Whether a page of this section is found under this entry; asking for more is under Trust for whoever has it."""
    if section == "bulk" and found.role in TRUSTED:
        return name == "trust"
    return _SECTION.get(section, section) == name


def _hidden(found: SignedIn) -> frozenset[str]:
    """The pages that every site of the reader's does without."""
    if found.role == Role.WORKER:
        return frozenset()
    try:
        lists = [frozenset(site.hidden_pages) for site in sites_visible_to(found)]
    except DatabaseError:  # a page that says so is shown all the same
        return frozenset()
    return frozenset.intersection(*lists) if lists else frozenset()


def start_of(who: SignedIn) -> str:
    """Where somebody begins: an owner of nothing yet at set-up."""
    if who.role == Role.OWNER and who.sees_every_site and not sites_visible_to(who):
        return reverse("setup")
    return reverse(START[who.role])


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
