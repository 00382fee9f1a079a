"""The tabs of the pages about people."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import KNOWERS, PAYROLL
from gatehouse.server.console.tabs import Group, tabs_of

GROUPS: tuple[Group, ...] = (
    (
        _("People"),
        (
            ("people", _("People"), KNOWERS),
            ("faces", _("Faces"), PAYROLL),
            ("departments", _("Departments"), PAYROLL),
            ("answers", _("Answers to requests"), PAYROLL),
            ("requests", _("Requests"), PAYROLL),
            ("visitors", _("Visitors"), KNOWERS),
        ),
    ),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    return tabs_of(GROUPS, request, here)
