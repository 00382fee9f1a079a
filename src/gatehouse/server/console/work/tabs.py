"""The tabs of the pages about time at work, in groups. A new page adds its line here, and says `tabs(request,
"its-name")` when it renders."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import OWNERS, PAYROLL
from gatehouse.server.console.access import PAYROLL
from gatehouse.server.console.registers.tabs import registers
from gatehouse.server.console.tabs import Group, tabs_of

GROUPS: tuple[Group, ...] = (
    (_("Days"), (("month", _("Month"), PAYROLL),)),
    (
        _("Files"),
        (("imports", _("Imports"), PAYROLL), ("exports", _("Exports"), PAYROLL), ("hooks", _("Webhooks"), OWNERS)),
        _("Planning"),
        (
            ("rosters", _("Roster"), PAYROLL),
            ("patterns", _("Shifts"), PAYROLL),
            ("rosters-rotations", _("Rotations"), PAYROLL),
            ("calendar", _("Calendar"), PAYROLL),
        ),
    ),
)
GROUPS: tuple[Group, ...] = ((_("Days"), (("worklist", _("To do"), PAYROLL), ("month", _("Month"), PAYROLL))),)
        _("Performance"),
        (
            ("performance", _("People"), PAYROLL),
            ("performance-teams", _("Teams and site"), PAYROLL),
            ("performance-goals", _("Goals and reviews"), PAYROLL),
            ("performance-contests", _("Contests"), PAYROLL),
        ),
    ),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    """For the template `work/base.html`."""
    return tabs_of((*GROUPS, *registers(request)), request, here)
