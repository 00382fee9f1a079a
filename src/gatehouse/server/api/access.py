"""Who may call what: one table, which every route must be in, and the two ways to show a ticket.

A route's roles are the first of two gates; the second is the keeper, which trusts only its own tickets. Sites are
checked where rows are reached (`reach`): what another site holds is not there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.utils import check_csrf

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.signed_in import SignedIn, signed_in
from gatehouse.server.api.described import REFUSALS
from gatehouse.server.api.errors import Problem, refused
from gatehouse.server.api.parsing import check_size
from gatehouse.server.problems import problem

View = Callable[[HttpRequest], HttpResponse]

OWNERS = frozenset({Role.OWNER})
GUARDS = frozenset({Role.OWNER, Role.SECURITY, Role.PARKING})
OPERATORS = frozenset(Role) - {Role.WORKER, Role.CONTRACTOR}
ENROLLERS = frozenset({Role.OWNER, Role.HR, Role.SECURITY})
PERSONNEL = frozenset({Role.OWNER, Role.HR})
PARKERS = frozenset({Role.OWNER, Role.PARKING})
OWN_WORK = PERSONNEL | {Role.WORKER}  # a worker reaches only their own person
EVERYBODY = frozenset(Role)
PUBLIC: frozenset[Role] = frozenset()

ROLES: dict[str, frozenset[Role]] = {
    "sign_in": PUBLIC,
    "sign_out": EVERYBODY,
    "me": EVERYBODY,
    "list_operators": OWNERS,
    "add_operator": OWNERS,
    "list_sites": OPERATORS,
    "add_site": OWNERS,
    "list_zones": OPERATORS,
    "add_zone": OWNERS,
    "list_groups": OPERATORS,
    "add_group": PERSONNEL,
    "list_departments": OPERATORS,
    "add_department": PERSONNEL,
    "add_schedule": OWNERS | {Role.SECURITY},
    "add_rule": OWNERS | {Role.SECURITY},
    "list_gates": OPERATORS,
    "add_gate": OWNERS,
    "add_device": OWNERS,
    "open_gate": GUARDS,
    "list_edges": OWNERS,
    "enrol_edge": OWNERS,
    "list_people": ENROLLERS,
    "add_person": PERSONNEL,
    "give_consent": ENROLLERS,
    "withdraw_consent": PERSONNEL | {Role.WORKER},
    "enrol_face": ENROLLERS,
    "announce_photos": PERSONNEL,
    "send_piece": PERSONNEL,
    "read_photos": PERSONNEL,
    "photo_import": PERSONNEL,
    "start_photos": PERSONNEL,
    "undo_photos": PERSONNEL,
    "drop_photos": PERSONNEL,
    "issue_pass": ENROLLERS | {Role.WORKER},
    "add_card": ENROLLERS,
    "set_pin": ENROLLERS,
    "person_leaves": PERSONNEL,
    "invite_worker": PERSONNEL,
    "add_vehicle": PARKERS | {Role.SECURITY},
    "add_permit": PARKERS,
    "list_tariffs": PARKERS,
    "add_tariff": PARKERS,
    "list_garages": OPERATORS - {Role.HR},
    "add_garage": OWNERS,
    "open_stays": PARKERS,
    "closed_stays": PARKERS | {Role.AUDITOR},
    "add_list_entries": PARKERS,
    "list_list_entries": PARKERS,
    "remove_list_entry": PARKERS,
    "add_pool": PARKERS,
    "join_pool": PARKERS,
    "renew_permit": PARKERS,
    "add_booking": PARKERS,
    "list_bookings": PARKERS | {Role.AUDITOR},
    "cancel_booking": PARKERS,
    "add_merchant": PARKERS,
    "list_merchants": PARKERS | {Role.AUDITOR},
    "garage_room": OPERATORS - {Role.HR},
    "count_garage": PARKERS,
    "list_patterns": PERSONNEL,
    "add_pattern": PERSONNEL,
    "plan_shifts": PERSONNEL,
    "set_calendar_day": PERSONNEL,
    "add_contract": PERSONNEL,
    "workdays": OWN_WORK,
    "figures": OWN_WORK,
    "payslip": OWN_WORK,
    "draw_up_payslip": PERSONNEL,
    "run_job": OWNERS,
}

F = TypeVar("F", bound=Callable[..., Any])


class Ticketed:
    """Lets in who holds a ticket with one of these roles. The header is looked at first; a cookie, which a browser
    sends without being asked, needs the CSRF token beside it."""

    openapi_type = "http"

    def __init__(self, roles: frozenset[Role]) -> None:
        self.openapi_security_schema = {"type": "http", "scheme": "bearer"}
        self._roles = roles

    def __call__(self, request: HttpRequest) -> SignedIn:
        """Raises Problem 401, 403, 413; KeeperAway."""
        check_size(request)
        caller = _caller(request)
        if caller is None:
            raise refused("no_ticket")
        if caller.role not in self._roles:
            raise Problem(403, "not_your_role", "This is not for your role.")
        return caller


class Anybody:
    """Lets in everybody whose request is not too large."""

    def __call__(self, request: HttpRequest) -> bool:
        check_size(request)
        return True


def _caller(request: HttpRequest) -> SignedIn | None:
    """By the header, else by the cookie; a cookie that comes with a change must come with the CSRF token too."""
    header = request.headers.get("Authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        return signed_in(token) if kind.lower() == "bearer" and token.isascii() and token else None
    found = getattr(request, "signed_in", None)
    if not isinstance(found, SignedIn):
        return None
    if check_csrf(request):
        raise Problem(403, "csrf", "A browser's request carries the page's CSRF token.")
    return found


def operators_only(view: View) -> View:
    """A plain view for signed-in operators, outside the table of routes."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        found = _caller(request)
        if found is None or found.operator is None:
            return problem(401, "no_ticket", "Sign in first.")
        return view(request)

    return guarded


def route(router: Router, method: str, path: str, **options: Any) -> Callable[[F], F]:
    """A route whose roles stand in the table under the function's name; one that is not there fails at import."""

    def register(view: F) -> F:
        roles = ROLES[view.__name__]
        auth = Ticketed(roles) if roles else Anybody()
        allowed = "everybody" if not roles else ", ".join(sorted(roles))
        router.api_operation(
            [method],
            path,
            auth=auth,
            operation_id=view.__name__,
            description=f"{(view.__doc__ or '').strip()}\n\nFor: {allowed}.".strip(),
            openapi_extra={"x-roles": sorted(roles), "responses": REFUSALS},
            **options,
        )(view)
        return view

    return register


def caller(request: HttpRequest) -> SignedIn:
    """Who calls a guarded route."""
    found = request.auth  # type: ignore[attr-defined]
    assert isinstance(found, SignedIn)
    return found
