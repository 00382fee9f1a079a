"""The tabs of the parking pages, in groups. A new page adds its line here, and says `tab(request, "its-name")` when it
renders."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.keeper.protocol import Role
from gatehouse.server.console.tabs import Group, tabs_of

PARKERS = frozenset({Role.OWNER, Role.PARKING})
READERS = PARKERS | {Role.AUDITOR}

GROUPS: tuple[Group, ...] = (
    (_("Now"), (("parking", _("Garages"), READERS), ("inside", _("Inside"), READERS))),
    (
        _("Vehicles"),
        (
            ("permits", _("Permits"), READERS),
            ("lists", _("Lists"), READERS),
            ("bookings", _("Bookings"), READERS),
            ("merchants", _("Merchants"), READERS),
        ),
    ),
    (_("Prices"), (("parking-tariffs", _("Tariffs"), PARKERS),)),
    (
        _("Money"),
        (
            ("money", _("Payments"), READERS),
            ("parking-invoices", _("Invoices"), PARKERS),
            ("disputes", _("Disputes"), READERS),
            ("payouts", _("Payouts"), READERS - {Role.PARKING}),
        ),
    ),
    (_("Reports"), (("reports", _("Takings and cars"), READERS), ("by-hand", _("By hand"), READERS))),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    """For the template `garages/base.html`."""
    return tabs_of(GROUPS, request, here)
