"""The addresses of registers, each with the roles that may open it."""

from gatehouse.server.console.access import KNOWERS, PAYROLL, page
from gatehouse.server.console.registers import classes, crews, day, inside, months, wages

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
    page("registers/teams/<uuid:person_id>/", crews.entry, "registers-entry", PAYROLL),
    page("registers/wages/", wages.wages, "registers-wages", PAYROLL),
    page("registers/wages/<month:of>/", wages.wages, "registers-wages-of", PAYROLL),
    page("registers/wages/<month:of>/file", wages.file, "registers-wages-file", PAYROLL),
]
