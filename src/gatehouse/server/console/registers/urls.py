"""The addresses of registers, each with the roles that may open it."""

from gatehouse.server.console.access import CONTRACTORS, KNOWERS, OWNERS, PAYROLL, page
from gatehouse.server.console.registers import (
    classes,
    contractors,
    crews,
    day,
    entry,
    heads,
    inside,
    months,
    own,
    wages,
)

urlpatterns = [
    page("registers/", classes.classes, "registers", PAYROLL),
    page("registers/plan", classes.save_plan, "registers-plan", PAYROLL),
    page("registers/class", classes.save_class, "registers-class", PAYROLL),
    page("registers/classes/<uuid:class_id>/drop", classes.drop_class, "registers-drop", PAYROLL),
    page("registers/classes/<uuid:class_id>/<date:on>/", day.day, "registers-day", PAYROLL),
    page("registers/classes/<uuid:class_id>/<date:on>/sign", day.sign, "registers-sign", PAYROLL),
    page("registers/classes/<uuid:class_id>/<month:of>/", months.month, "registers-month", PAYROLL),
    page("registers/classes/<uuid:class_id>/<month:of>/file", months.file, "registers-file", PAYROLL),
    page("registers/inside/", inside.inside, "registers-inside", KNOWERS),
    page("registers/teams/", crews.crews, "registers-crews", PAYROLL),
    page("registers/teams/page/<int:number>/", crews.crews, "registers-crews-page", PAYROLL),
    page("registers/teams/change", crews.change, "registers-crews-change", PAYROLL),
    page("registers/teams/<uuid:person_id>/", entry.entry, "registers-entry", PAYROLL),
    page("registers/heads/", heads.heads, "registers-heads", PAYROLL),
    page("registers/heads/<date:on>/", heads.heads, "registers-heads-on", PAYROLL),
    page("registers/contractors/invite", contractors.invite, "registers-contractor-invite", OWNERS),
    page("registers/contractors/<uuid:operator_id>/change", contractors.change, "registers-contractor-change", OWNERS),
    page("contractor/", own.own, "contractor", CONTRACTORS),
    page("contractor/<date:on>/", own.own, "contractor-on", CONTRACTORS),
    page("registers/wages/", wages.wages, "registers-wages", PAYROLL),
    page("registers/wages/<month:of>/", wages.wages, "registers-wages-of", PAYROLL),
    page("registers/wages/<month:of>/file", wages.file, "registers-wages-file", PAYROLL),
]
