"""The tabs of the pages about time at work, in groups. A new page adds its line here, and says `tabs(request,
"its-name")` when it renders."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import PAYROLL
from gatehouse.server.console.tabs import Group, tabs_of

GROUPS: tuple[Group, ...] = (
    (_("Days"), (("month", _("Month"), PAYROLL),)),
    (
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
    return tabs_of(GROUPS, request, here)
