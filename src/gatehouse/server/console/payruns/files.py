"""Files of a locked run for bank and books: asked for, granted by somebody else, taken sealed."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.runs import run_of
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.moment import now
from gatehouse.server.payroll import exporting, run_queries
from gatehouse.server.payroll.models import CLOSED, ExportState, PayExport, PayRun
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person

PURPOSE = "payrun.files"
FAULTS_SHOWN = 25


@require_safe
def files(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = run_of(request, run_id)
    return _page(request, run)


def _page(request: HttpRequest, run: PayRun, **more: object) -> HttpResponse:
    who = reader(request)
    known = exporting.recipients(run.site, who.by.authority)
    context: dict[str, object] = {
        "run_id": run.pk,
        "month": run.month,
        "locked": run.state in CLOSED,
        "exports": [_row(export, who.by.actor) for export in run_queries.exports(run)],
        "templates": [(code, name, meaning) for code, (name, meaning) in words_payruns.TEMPLATES.items()],
        "recipients": [] if isinstance(known, Refused) else known,
        "today": local_date(now(), ZoneInfo(run.site.zone)),
        "owner": who.role is Role.OWNER,
    }
    return render(request, "payruns/files.html", context | more, status=422 if "faults" in more else 200)


def _row(export: PayExport, me: str) -> dict[str, object]:
    said, tone, mark = words_payruns.EXPORT_STATES[export.state]
    return {
        "id": export.pk,
        "name": words_payruns.TEMPLATES[export.template][0],
        "part": export.part,
        "recipient": export.recipient,
        "pay_on": export.pay_on,
        "state": said,
        "tone": tone,
        "mark": mark,
        "asked_by": handle_of(export.asked_by),
        "granted_by": handle_of(export.granted_by) if export.granted_by else "",
        "may_grant": export.state == ExportState.ASKED and export.asked_by != me,
        "waits": export.state == ExportState.ASKED and export.asked_by == me,
        "may_take": export.state != ExportState.ASKED and export.granted_by != me,
    }


@require_POST
def ask(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run, who, here = run_of(request, run_id), reader(request), reverse("payruns-files", args=[run_id])
    template, recipient = request.POST.get("template", ""), request.POST.get("recipient", "")
    known = exporting.recipients(run.site, who.by.authority)
    try:
        pay_on = typed.day(request.POST.get("pay_on", ""), _("Payday"))
    except Mistyped as fault:
        return _no(request, str(fault), here)
    names = [] if isinstance(known, Refused) else [one.name for one in known]
    if template not in exporting.TEMPLATES or recipient not in names:
        return _no(request, _("Choose what is to be written, and who gets it."), here)
    if exporting.ask_export(run, template, recipient, pay_on, by=who.by, at=now()) is None:
        return _no(request, _("Files are written from a locked run only."), here)
    return HttpResponseRedirect(here)


def _export_of(request: HttpRequest, export_id: UUID) -> PayExport:
    """Raises Http404."""
    found = run_queries.export(export_id, queries.sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


@require_POST
def grant(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The second person's word; or what is in the way, by staff number."""
    export, who = _export_of(request, export_id), reader(request)
    answer = exporting.grant_export(export, by=who.by, at=now())
    here = reverse("payruns-files", args=[export.run_id])
    if answer is None:
        messages.success(request, _("Granted for eight hours. Somebody else can take the file now."), "yes")
        return HttpResponseRedirect(here)
    if isinstance(answer, Refused):
        return _refused(request, answer, here)
    return _page(request, export.run, faults=_faults(request, export, answer), fault_count=len(answer.faults))


def _faults(request: HttpRequest, export: PayExport, found: exporting.NotReady) -> list[dict[str, object]]:
    shown = found.faults[:FAULTS_SHOWN]
    slips = {row.pk.hex: row.person for row in run_queries.slips(export.run).defer("cell")}
    people = {slips[one.reference].pk: slips[one.reference] for one in shown if one.reference in slips}
    numbers = _numbers(request, list(people.values()))
    return [
        {
            "person": slips[one.reference].pk if one.reference in slips else None,
            "number": numbers.get(slips[one.reference].pk, "") if one.reference in slips else "",
            "said": words_payruns.FAULTS.get(one.code, words_payruns.ANY_FAULT),
        }
        for one in shown
    ]


def _numbers(request: HttpRequest, people: list[Person]) -> dict[UUID, str]:
    named = looks.briefs(people, reader(request).by.authority, PURPOSE)
    return {} if isinstance(named, Refused) else {one.person.pk: one.brief.number for one in named}


@require_POST
def take(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The encrypted file."""
    export, who = _export_of(request, export_id), reader(request)
    data = exporting.take_export(export, by=who.by, at=now())
    if isinstance(data, Refused):
        return _refused(request, data, reverse("payruns-files", args=[export.run_id]))
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{exporting.file_id(export)}.{exporting.ending(export)}.age"'
    )
    return response


@require_POST
def drop(request: HttpRequest, export_id: UUID) -> HttpResponse:
    export = _export_of(request, export_id)
    exporting.drop_export(export, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("payruns-files", args=[export.run_id]))


@require_POST
def recipient(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """An owner admits somebody outside, or takes them away."""
    run, who, here = run_of(request, run_id), reader(request), reverse("payruns-files", args=[run_id])
    name, key = typed.text(request.POST, "name", 64), typed.text(request.POST, "key", 100)
    answer = exporting.enrol_recipient(run.site, name, key, by=who.by, at=now())
    if isinstance(answer, Refused):
        return _refused(request, answer, here)
    said = _("%(name)s gets files from now on.") if key else _("%(name)s gets no more files.")
    messages.success(request, said % {"name": name}, "yes")
    return HttpResponseRedirect(here)


def _refused(request: HttpRequest, answer: Refused, to: str) -> HttpResponse:
    if answer.code == "bad_request" and answer.facts.get("field") in ("name", "key"):
        return _no(request, _("Give a name, and a public key that begins with age1."), to)
    if answer.code == "unfillable":
        count = int(answer.facts.get("faults", 1))
        said = ngettext("%(count)d thing is in the way.", "%(count)d things are in the way.", count) % {"count": count}
        return _no(request, said, to)
    wording = words_payruns.fill_refused(answer.code)
    return _no(request, f"{wording.what}. {wording.do}", to)


def _no(request: HttpRequest, said: str, to: str) -> HttpResponse:
    messages.error(request, said, "warn")
    return HttpResponseRedirect(to)
