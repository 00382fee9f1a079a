"""Join: one form for a new person. What went through before a fault stays; the form comes back as it was typed, says
what is done and what is not, and is sent again until all is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts import actions as accounts
from gatehouse.server.address import origin
from gatehouse.server.attendance import actions as work
from gatehouse.server.audit.by import By
from gatehouse.server.console import words, words_payruns, words_staff
from gatehouse.server.console.access import reader
from gatehouse.server.console.enrolment import why_not
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.staff.forms import JoinForm, new_form_id
from gatehouse.server.moment import now
from gatehouse.server.people import credential_actions, queries
from gatehouse.server.people.actions import Facts
from gatehouse.server.people.cells import Contact, File
from gatehouse.server.people.credential_actions import IssuedPass, NotEnrolled
from gatehouse.server.people.models import CredentialKind, CredentialState, Person, Site
from gatehouse.server.staffing import joining
from gatehouse.server.staffing.joining import NotChanged


@dataclass
class Joining:
    """How far a form has come: `done` in words, and what is shown once at the end."""

    site: Site
    form: JoinForm
    by: By
    at: datetime
    base: HttpRequest
    person: Person | None = None
    done: list[str] = field(default_factory=list)
    issued: IssuedPass | None = None
    link: str = ""
    failed: str = ""


def choose(request: HttpRequest) -> HttpResponse:
    """At which site; there is nothing to choose where there is one."""
    sites = queries.sites_visible_to(reader(request))
    if len(sites) == 1:
        return join(request, sites[0].pk)
    return render(request, "staff/sites.html", {"sites": sites})


def join(request: HttpRequest, site_id: UUID) -> HttpResponse:
    who = reader(request)
    site = site_of(request, site_id)
    if request.method != "POST":
        today = local_date(now(), ZoneInfo(site.zone))
        return _form(request, JoinForm(site, initial={"form_id": new_form_id(), "starts": today,
                                                      "currency": site.currency}))  # fmt: skip
    form = JoinForm(site, request.POST)
    if not form.is_valid():
        if "form_id" in form.errors:
            form.data = request.POST.copy() | {"form_id": new_form_id()}
        return _form(request, form, status=422)
    run = Joining(site, form, who.by, now(), request)
    _run(run)
    if run.failed:
        return _form(request, form, run, status=503 if run.failed == "keeper_away" else 422)
    return _joined(request, run)


def _run(run: Joining) -> None:
    """Step by step until one fails; its word stands with its field."""
    for step, at_field in _STEPS:
        try:
            step(run)
        except keeping.KeeperAway:
            run.failed = "keeper_away"
            run.form.add_error(None, _("The keeper does not answer. Nothing that you typed is lost: press again."))
        except keeping.KeeperRefused as fault:
            _stop(run, at_field, words.refused(fault.code))
        except DomainError as fault:
            run.failed = fault.code
            run.form.add_error(at_field, _("That cannot be: %(why)s") % {"why": words_payruns.without(fault.code)})
        if run.failed:
            return


def _stop(run: Joining, at_field: str | None, wording: words.Wording) -> None:
    run.failed = "refused"
    run.form.add_error(at_field if at_field in run.form.fields else None, f"{wording.what}. {wording.do}")


def _hire(run: Joining) -> None:
    data = run.form.cleaned_data
    department = data["department"]
    facts = Facts(
        data["number"],
        data["name"].strip(),
        contact=Contact(data["phone"].strip(), data["mail"].strip(), data["address"].strip()),
        file=File(
            department=department.name if department else "",
            post=data["post"].strip(),
            hired=data["starts"],
            starts=data["starts"],
        ),
    )
    made = joining.join(run.site, data["form_id"], facts, groups=data.get("groups") or [], by=run.by, at=run.at)
    if isinstance(made, NotChanged):
        _stop(run, None, words_staff.not_changed(made.code))
        return
    run.person = made
    run.done.append(_("The person is known, in their groups."))


def _place(run: Joining) -> None:
    department = run.form.cleaned_data["department"]
    if department is None:
        return
    refused = joining.put_into(_person(run), department, run.form.cleaned_data["starts"], by=run.by, at=run.at)
    if refused is not None:
        _stop(run, "department", words_staff.not_changed(refused.code))
        return
    run.done.append(_("In the department; its managers see what they ask for."))


def _pay(run: Joining) -> None:
    wish = run.form.wish()
    if wish is None:
        return
    refused = joining.set_terms(_person(run), wish, run.form.cleaned_data["starts"], by=run.by, at=run.at)
    if refused is not None:
        _stop(run, "wage", words_staff.not_changed(refused.code))
        return
    run.done.append(_("The wage holds from the first day."))


def _plan(run: Joining) -> None:
    pattern = run.form.cleaned_data.get("pattern")
    if pattern is None:
        return
    days = plan_days(run.form.cleaned_data["starts"], run.form.cleaned_data["weeks"],
                     {int(day) for day in run.form.cleaned_data["weekdays"]})  # fmt: skip
    work.plan(_person(run), pattern, days, by=run.by, at=run.at)
    run.done.append(_("Planned for %(count)d days.") % {"count": len(days)})


def plan_days(first: date, weeks: int, weekdays: set[int]) -> list[date]:
    return [day for n in range(7 * weeks) if (day := first + n * DAY).weekday() in weekdays]


def _card(run: Joining) -> None:
    number = run.form.cleaned_data["card"]
    if number and not _has(run, CredentialKind.CARD):
        _enrolled(run, "card", credential_actions.add_card(_person(run), number, by=run.by, at=run.at))
    if number and not run.failed:
        run.done.append(_("The card works."))


def _pin(run: Joining) -> None:
    digits = run.form.cleaned_data["pin"]
    if digits and not _has(run, CredentialKind.PIN):
        _enrolled(run, "pin", credential_actions.set_pin(_person(run), digits, by=run.by, at=run.at))
    if not run.failed and _has(run, CredentialKind.PIN):
        run.done.append(_("The PIN works."))


def _pass(run: Joining) -> None:
    """Shown once, so a pass of a try before, which nobody saw, is taken back first."""
    days = run.form.cleaned_data["pass_days"]
    if not days:
        return
    person = _person(run)
    for old in queries.credentials_of(person).filter(kind=CredentialKind.QR, state=CredentialState.ACTIVE):
        credential_actions.kill_credential(old, by=run.by, at=run.at)
    issued = credential_actions.issue_pass(person, ends=run.at + timedelta(days=days), by=run.by, at=run.at)
    _enrolled(run, "pass_days", issued)
    if isinstance(issued, IssuedPass):
        run.issued = issued
        run.done.append(_("The pass is below, this once."))


def _invite(run: Joining) -> None:
    if not run.form.cleaned_data["invite"]:
        return
    person = _person(run)
    code = accounts.invite_worker(person.pk, person.site_id, by=run.by, at=run.at)
    if isinstance(code, Refused):
        _stop(run, "invite", words.refused(code.code))
        return
    path = reverse("enter-code", args=[code])
    run.link = f"{origin()}{path}" if origin() else run.base.build_absolute_uri(path)
    run.done.append(_("The link to their own page is below, this once."))


_STEPS: tuple[tuple[Callable[[Joining], None], str | None], ...] = (
    (_hire, None),
    (_place, "department"),
    (_pay, "wage"),
    (_plan, "pattern"),
    (_card, "card"),
    (_pin, "pin"),
    (_invite, "invite"),
    (_pass, "pass_days"),
)


def _person(run: Joining) -> Person:
    assert run.person is not None, "the first step made the person"
    return run.person


def _has(run: Joining, kind: CredentialKind) -> bool:
    return queries.credentials_of(_person(run)).filter(kind=kind, state=CredentialState.ACTIVE).exists()


def _enrolled(run: Joining, at_field: str, made: object) -> None:
    if isinstance(made, NotEnrolled):
        run.failed = made.code
        run.form.add_error(at_field, why_not(made.code))


def _form(request: HttpRequest, form: JoinForm, run: Joining | None = None, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "site": form.site,
        "done": run.done if run else [],
        "person_id": run.person.pk if run and run.person else None,
    }
    return render(request, "staff/join.html", context, status=status)


def _joined(request: HttpRequest, run: Joining) -> HttpResponse:
    context = {
        "number": run.form.cleaned_data["number"],
        "person_id": _person(run).pk,
        "done": run.done,
        "pass_qr": qr_svg(run.issued.text, _("QR code of the pass")) if run.issued else "",
        "link": run.link,
        "link_qr": qr_svg(run.link, _("QR code of the sign-in link")) if run.link else "",
        "again": reverse("staff-join-at", args=[run.site.pk]),
    }
    return render(request, "staff/joined.html", context)
