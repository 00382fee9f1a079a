"""The tabs of the pages about time at work, in groups. A new page adds its line here, and says `tabs(request,
"its-name")` when it renders."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import OWNERS, PAYROLL
from gatehouse.server.console.registers.tabs import registers
from gatehouse.server.console.tabs import Group, tabs_of

_DAYS: Group = (_("Days"), (("worklist", _("To do"), PAYROLL), ("month", _("Month"), PAYROLL)))
_PLANNING: Group = (
    _("Planning"),
    (
        ("rosters", _("Roster"), PAYROLL),
        ("patterns", _("Shifts"), PAYROLL),
        ("rosters-rotations", _("Rotations"), PAYROLL),
        ("calendar", _("Calendar"), PAYROLL),
        ("leave-types", _("Leave types"), PAYROLL),
        ("leave-balances", _("Leave"), PAYROLL),
        ("leave-away", _("Who is away"), PAYROLL),
    ),
)
_PERFORMANCE: Group = (
    _("Performance"),
    (
        ("performance", _("People"), PAYROLL),
        ("performance-teams", _("Teams and site"), PAYROLL),
        ("performance-goals", _("Goals and reviews"), PAYROLL),
        ("performance-contests", _("Contests"), PAYROLL),
    ),
)
_FILES: Group = (
    _("Files"),
    (("imports", _("Imports"), PAYROLL), ("exports", _("Exports"), PAYROLL), ("hooks", _("Webhooks"), OWNERS)),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    """For the template `work/base.html`."""
    return tabs_of((_DAYS, _PLANNING, _PERFORMANCE, *registers(request), _FILES), request, here)
