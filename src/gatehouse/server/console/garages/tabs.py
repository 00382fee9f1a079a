"""The tabs of the parking pages, in groups. A new page adds its line here, and says `tab(request, "its-name")` when it
renders."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gatehouse.keeper.protocol import Role
from gatehouse.server.console import words
from gatehouse.server.console.access import reader

PARKERS = frozenset({Role.OWNER, Role.PARKING})
READERS = PARKERS | {Role.AUDITOR}

Tab = tuple[str, words.Text, frozenset[Role]]

GROUPS: tuple[tuple[words.Text, tuple[Tab, ...]], ...] = (
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
    """For the template `garages/base.html`: the groups that hold a tab of the reader's, and the tabs beside `here`."""
    role = reader(request).role
    groups, beside = [], []
    for said, all_tabs in GROUPS:
        own = [(name, text) for name, text, roles in all_tabs if role in roles]
        if not own:
            continue
        opened = any(name == here for name, _text in own)
        groups.append({"href": reverse(own[0][0]), "name": said, "here": opened})
        if opened:
            beside = [{"href": reverse(name), "name": text, "here": name == here} for name, text in own]
    return {"groups": groups, "tabs": beside}
