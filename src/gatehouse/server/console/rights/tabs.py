"""The tabs of the pages about trust."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import OPERATORS, OWNERS, TRUSTED
from gatehouse.server.console.tabs import Group, tabs_of

GROUPS: tuple[Group, ...] = (
    (
        _("Trust"),
        (
            ("trust", _("Trust"), TRUSTED),
            ("alerts", _("Alerts"), TRUSTED),
            ("use", _("Limits"), TRUSTED),
            ("bulk", _("More people"), OPERATORS),
            ("retention", _("Retention"), TRUSTED),
            ("register", _("Processing register"), TRUSTED),
            ("assessment", _("Impact assessment"), TRUSTED),
            ("mail", _("Mail"), OWNERS),
        ),
    ),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    return tabs_of(GROUPS, request, here)
