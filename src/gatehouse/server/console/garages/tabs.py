"""The tabs of the parking pages. A new page adds its line here, and says `tab(request, "its-name")` when it renders."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gatehouse.keeper.protocol import Role
from gatehouse.server.console import words
from gatehouse.server.console.access import reader

PARKERS = frozenset({Role.OWNER, Role.PARKING})
READERS = PARKERS | {Role.AUDITOR}

TABS: tuple[tuple[str, words.Text, frozenset[Role]], ...] = (
    ("parking", _("Garages"), READERS),
    ("inside", _("Inside"), READERS),
    ("permits", _("Permits"), READERS),
    ("lists", _("Lists"), READERS),
    ("bookings", _("Bookings"), READERS),
    ("merchants", _("Merchants"), READERS),
    ("parking-tariffs", _("Tariffs"), PARKERS),
    ("reports", _("Reports"), READERS),
    ("by-hand", _("By hand"), READERS),
    ("disputes", _("Disputes"), READERS),
    ("payouts", _("Payouts"), READERS - {Role.PARKING}),
    ("money", _("Money"), READERS),
    ("parking-invoices", _("Invoices"), PARKERS),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    """For the template `garages/base.html`: the reader's tabs, the one named `here` being the open one."""
    role = reader(request).role
    return {
        "tabs": [
            {"href": reverse(name), "name": said, "here": name == here} for name, said, roles in TABS if role in roles
        ]
    }
