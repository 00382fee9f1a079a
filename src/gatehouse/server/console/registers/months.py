"""A class's month: sums for every pupil on a click, the printable register, and a file for a spreadsheet."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.registers import REASONS, SIGNS, Entry, Status, Tally, tally
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import register_looks, register_queries
from gatehouse.server.attendance.models import SchoolClass
from gatehouse.server.attendance.register_looks import Asked
from gatehouse.server.console import saying, words, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.registers.classes import class_of, heading
from gatehouse.server.console.registers.day import sums_said
from gatehouse.server.console.registers.sheet import Column, Part, blanks, sheet_pdf
from gatehouse.server.console.slip_files import attached
from gatehouse.server.console.spreadsheet import csv_file, plain
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.looks import Named

PURPOSE = "register.sheet"

Line = tuple[Named, dict[date, tuple[Entry, ...]]]


def month(request: HttpRequest, class_id: UUID, of: Month) -> HttpResponse:
    """GET says what there is; POST opens the sums of every pupil."""
    return _page(request, class_of(request, class_id), of, opened=request.method == "POST")


def _page(request: HttpRequest, of: SchoolClass, month: Month, *, opened: bool) -> HttpResponse:
    site = of.group.site
    today = local_date(now(), ZoneInfo(site.zone))
    dates = _dates(of, month)
    context: dict[str, object] = {
        **heading(of),
        "first": month.first,
        "month": str(month),
        "before": str(month_before(month)),
        "after": str(month.after) if month.first < Month.of(today).first else "",
        "days": len(dates),
        "pupils": len(register_queries.pupils(of)),
        **tabs(request, "registers"),
    }
    if opened:
        found = _lines(request, of, dates, names=False)
        if isinstance(found, Refused):
            context["refused"] = words.refused(found.code)
        else:
            context |= {"opened": True, "lines": [_sums(one) for one in found], "sums": sums_said(_all(found))}
    return render(request, "registers/month.html", context)


def _dates(of: SchoolClass, month: Month) -> list[date]:
    """School days of the month up to today."""
    today = local_date(now(), ZoneInfo(of.group.site.zone))
    until = min(month.until, max(month.first, today + DAY))
    return list(register_queries.school_days(of.group.site, month.first, until))


def _lines(request: HttpRequest, of: SchoolClass, dates: list[date], *, names: bool) -> list[Line] | Refused:
    by = reader(request).by.authority
    pupils = register_queries.pupils(of)
    named = looks.names(pupils, by, PURPOSE) if names else looks.briefs(pupils, by, PURPOSE)
    if isinstance(named, Refused):
        return named
    plan = register_queries.plan_fact(of.plan)
    found = register_looks.register(Asked(of.group.site, plan, pupils, dates, now()), by, PURPOSE)
    if isinstance(found, Refused):
        return found
    ordered = sorted(named, key=lambda one: (one.brief.number, one.name))
    return [(one, found.entries.get(one.person.pk, {})) for one in ordered]


def _flat(days: dict[date, tuple[Entry, ...]]) -> list[Entry]:
    return [entry for own in days.values() for entry in own]


def _all(lines: list[Line]) -> list[Entry]:
    return [entry for _named, days in lines for entry in _flat(days)]


def _rate(found: Tally) -> str:
    return saying.percent(found.rate) if found.rate is not None else "–"


def _sums(line: Line) -> dict[str, object]:
    named, days = line
    found = tally(_flat(days))
    return {
        "id": named.person.pk,
        "number": named.brief.number,
        "initials": named.brief.initials,
        "rate": _rate(found),
        "attended": f"{found.attended} / {found.possible}",
        "late": found.late,
        "left_early": found.left_early,
        "authorised": found.authorised,
        "unauthorised": found.unauthorised,
        "undecided": found.undecided,
    }


# --- files -------------------------------------------------------------------------------------------------------


@require_POST
def file(request: HttpRequest, class_id: UUID, of: Month) -> HttpResponse:
    """The month with names, as a sheet to print or rows for a spreadsheet: made now, for whoever asks, and not kept."""
    row = class_of(request, class_id)
    dates = _dates(row, of)
    found = _lines(request, row, dates, names=True)
    if isinstance(found, Refused):
        context = {**heading(row), "first": of.first, "month": str(of), "before": str(month_before(of)), "after": ""}
        refused = {"refused": words.refused(found.code), "days": len(dates), "pupils": 0, **tabs(request, "registers")}
        return render(request, "registers/month.html", context | refused)
    if request.POST.get("as") == "csv":
        answer = csv_file(f"register-{of}.csv", _rows(row, dates, found))
    else:
        answer = attached(_pdf(row, of, dates, found, _teacher(request, row)), f"register-{of}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _teacher(request: HttpRequest, of: SchoolClass) -> str:
    if of.teacher is None:
        return ""
    named = looks.names([of.teacher], reader(request).by.authority, PURPOSE)
    return "" if isinstance(named, Refused) else named[0].name


def _sessions(of: SchoolClass) -> tuple[str, ...]:
    return register_queries.plan_fact(of.plan).codes()


def _rows(of: SchoolClass, dates: list[date], lines: list[Line]) -> list[list[object]]:
    """With their head: a column for every session, and the sums."""
    codes = _sessions(of)
    head: list[object] = [_("Number"), _("Name")]
    head += [f"{day} {words_registers.session(code)}" for day in dates for code in codes]
    head += [_("Possible"), _("Attended"), _("Late"), _("Left early"), _("Excused"), _("Unexcused"), _("Attendance")]
    rows: list[list[object]] = [head]
    for named, days in lines:
        found = tally(_flat(days))
        by_session = {(day, entry.session): entry for day, own in days.items() for entry in own}
        row: list[object] = [plain(named.brief.number), plain(named.name)]
        for day in dates:
            for code in codes:
                entry = by_session.get((day, code))
                row.append(str(words_registers.status(entry)) if entry and entry.status is not Status.EXPECTED else "")
        row += [found.possible, found.attended, found.late, found.left_early, found.authorised, found.unauthorised]
        row.append(_rate(found))
        rows.append(row)
    return rows


def _pdf(of: SchoolClass, month: Month, dates: list[date], lines: list[Line], teacher: str) -> bytes:
    title = _("Register of %(name)s, %(month)s") % {"name": of.group.name, "month": saying.month(month.first)}
    plan = register_queries.plan_fact(of.plan)
    hours = " · ".join(f"{words_registers.session(s.code)} {s.start:%H:%M}–{s.end:%H:%M}" for s in plan.sessions)
    about = [of.group.site.name, hours]
    if teacher:
        about.append(_("Teacher: %(name)s") % {"name": teacher})
    columns = (
        Column(_("Number"), 40),
        Column(_("Name"), 84),
        *(Column(str(day.day), 22) for day in dates),
        Column(_("Attended"), 40, right=True),
        Column(_("Late"), 24, right=True),
        Column(_("Absent"), 30, right=True),
        Column("%", 34, right=True),
    )
    rows = [_sheet_row(one, dates) for one in lines]
    part = Part(title, (" · ".join(about),), columns, rows, [_sheet_sums(lines, dates)], _foot())
    return sheet_pdf(title, [part])


def _sheet_row(line: Line, dates: list[date]) -> list[str]:
    named, days = line
    signs = [" ".join(_sign(entry) for entry in days.get(day, ())) for day in dates]
    return [named.brief.number, named.name, *signs, *_numbers(tally(_flat(days)))]


def _sheet_sums(lines: list[Line], dates: list[date]) -> list[str]:
    return ["", _("Everybody"), *("" for _day in dates), *_numbers(tally(_all(lines)))]


def _numbers(found: Tally) -> list[str]:
    absent = found.authorised + found.unauthorised
    return [f"{found.attended}/{found.possible}", str(found.late), str(absent), _rate(found)]


def _sign(entry: Entry) -> str:
    return f"{entry.sign or '·'}{'*' if entry.overridden else ''}"


def _foot() -> tuple[str, ...]:
    shown = [(SIGNS[status], words_registers.STATUSES[status][0]) for status in SIGNS if SIGNS[status]]
    shown = [one for one in shown if one[0] != REASONS["authorised"].sign]
    shown += [(reason.sign, words_registers.REASON_WORDS[code]) for code, reason in REASONS.items()]
    return (
        "   ".join(f"{sign} {said}" for sign, said in [*shown, ("·", words_registers.STATUSES[Status.EXPECTED][0])]),
        _("* somebody says otherwise than the gates; both are kept"),
        blanks(_("Signature of the teacher"), _("Date")),
    )
