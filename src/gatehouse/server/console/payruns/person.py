"""One person's pay as it is said by hand: contract, what every month brings, and this month. Opened on a click, which
the keeper logs; saved as a whole."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console import words, words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.slip_files import year_pdf
from gatehouse.server.moment import now
from gatehouse.server.payroll import actions, inputs, looks, queries, run_looks, run_queries
from gatehouse.server.payroll.models import RunKind
from gatehouse.server.payroll.run_cells import (
    ComponentFacts,
    Extras,
    Input,
    Opening,
    RecoveryFacts,
    RecurringFacts,
    SpecialFacts,
)
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Person

PURPOSE = "pay.person"
SPARE = 2  # empty rows of a form; whoever needs more saves and goes on
KINDS = (PayKind.MONTHLY, PayKind.DAILY, PayKind.HOURLY, PayKind.PIECE)


@dataclass(frozen=True, slots=True)
class _Held:
    contract: Contract | None
    extras: Extras | None
    month: Input | None
    beside: Input | None


def person_pay(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    """GET tells what is sealed; POST opens it, or saves one part of it."""
    who = reader(request)
    person = people.person(person_id, people.sites_visible_to(who))
    if person is None:
        raise Http404
    named = people_looks.briefs([person], who.by.authority, PURPOSE)
    context: dict[str, object] = {"person_id": person.pk, "month": of.first, "month_code": str(of)}
    if not isinstance(named, Refused):
        context |= {"number": named[0].brief.number, "initials": named[0].brief.initials}
    if request.method != "POST":
        return render(request, "payruns/person.html", context)
    save = {"contract": _save_contract, "extras": _save_extras, "month": _save_month, "beside": _save_beside}.get(
        request.POST.get("part", "")
    )
    if save is not None:
        try:
            save(request, person, of)
        except Mistyped as fault:
            context["error"] = str(fault)
        except DomainError as fault:
            context["error"] = _("That cannot be: %(why)s") % {"why": words_payruns.without(fault.code)}
        else:
            messages.success(request, _("Saved. An open run takes it when it is reckoned anew."), "yes")
            return HttpResponseRedirect(reverse("payruns-person", args=[person.pk, of]))
    held = _held(person, of, who.by.authority)
    if isinstance(held, Refused):
        return render(request, "payruns/person.html", context | {"refused": words.refused(held.code)})
    status = 422 if "error" in context else 200
    return render(request, "payruns/person.html", context | _form(person, of, held), status=status)


def _held(person: Person, of: Month, by: Authority) -> _Held | Refused:
    row = queries.contract_of(person)
    found = (
        looks.contract(row, by, PURPOSE),
        run_looks.extras(row, by, PURPOSE),
        run_looks.month_input(run_queries.input_of(person, of, RunKind.REGULAR), by, PURPOSE),
        run_looks.month_input(run_queries.input_of(person, of, RunKind.OFF_CYCLE), by, PURPOSE),
    )
    for one in found:
        if isinstance(one, Refused):
            return one
    contract, extras, month, beside = found
    assert not isinstance(contract, Refused)
    assert not isinstance(extras, Refused)
    assert not isinstance(month, Refused)
    assert not isinstance(beside, Refused)
    return _Held(contract, extras, month, beside)


@require_POST
def year_file(request: HttpRequest, person_id: UUID, year: int) -> HttpResponse:
    """A year's statement, for a leaver above all."""
    who = reader(request)
    person = people.person(person_id, people.sites_visible_to(who))
    if person is None:
        raise Http404
    return year_pdf(person, year, who.by.authority, PURPOSE)


# --- what the forms show ---


def _form(person: Person, of: Month, held: _Held) -> dict[str, object]:
    terms = held.contract.terms if held.contract else ()
    currency = terms[-1].rate.currency if terms else person.site.currency
    extras = held.extras or Extras(currency)
    return {
        "opened": True,
        "currency": currency,
        "kinds": [(kind.value, words_payruns.PAY_KINDS[kind]) for kind in KINDS],
        "component_kinds": list(words_payruns.COMPONENT_KINDS.items()),
        "terms": [_term(term) for term in terms] + [{} for _n in range(SPARE)],
        "recurring": [
            _component(one.component, currency) | {"since": one.since, "until": one.until} for one in extras.recurring
        ]
        + [{} for _n in range(SPARE)],
        "special": [
            {"amount": typed.plain(Money(one.minor, currency)), "since": one.since, "until": one.until}
            for one in extras.special
        ]
        + [{}],
        "leave_days": extras.leave_days_a_year or "",
        "said": _input(held.month, currency),
        "beside": _input(held.beside, currency),
        "closed": run_queries.closed_month(person, of),
        "years": sorted({row.run.month.year for row in run_queries.slips_of(person)}, reverse=True),
    }


def _term(term: Term) -> dict[str, object]:
    insured = typed.plain(term.insured_salary) if term.insured_salary else ""
    return {"kind": term.kind.value, "rate": typed.plain(term.rate), "since": term.since, "until": term.until,
            "insured": insured}  # fmt: skip


def _component(facts: ComponentFacts, currency: str) -> dict[str, object]:
    if facts.kind == "share":
        return {"kind": facts.kind, "code": facts.code, "amount": f"{100 * facts.over / facts.under:g}"}
    return {"kind": facts.kind, "code": facts.code, "amount": typed.plain(Money(facts.minor, currency))}


def _input(given: Input | None, currency: str) -> dict[str, object]:
    given = given or Input(currency)
    opening = given.opening

    def said(minor: int) -> str:
        return typed.plain(Money(minor, currency)) if minor else ""

    return {
        "components": [_component(one, currency) for one in given.components] + [{} for _n in range(SPARE)],
        "recoveries": [{"code": one.code, "amount": said(one.minor)} for one in given.recoveries] + [{}],
        "pieces": given.pieces or "",
        "year_end_bonus": said(given.year_end_bonus_minor),
        "leave_halves": given.leave_taken_halves or "",
        "opening": {
            "gross": said(opening.gross_minor) if opening else "",
            "contributions": said(opening.contributions_minor) if opening else "",
            "withheld": said(opening.withheld_minor) if opening else "",
        },
    }


# --- what they say; each raises Mistyped, DomainError ---


def _save_contract(request: HttpRequest, person: Person, of: Month) -> None:
    form, currency = request.POST, typed.currency(request.POST)
    terms = []
    for n, said in _rows(form, "rate"):
        kind = _nth(form, "kind", n)
        if kind not in [one.value for one in KINDS]:
            raise Mistyped(_("Choose what the wage is for."))
        insured = _nth(form, "insured", n)
        terms.append(
            Term(
                PayKind(kind),
                typed.amount(said, currency, _("Wage")),
                typed.day(_nth(form, "since", n), _("From")),
                typed.day_or_none(_nth(form, "until", n), _("Until")),
                typed.amount(insured, currency, _("Insured salary")) if insured else None,
            )
        )
        if terms[-1].until is not None and terms[-1].until <= terms[-1].since:
            raise Mistyped(_("A contract ends after it begins."))
    if not terms:
        raise Mistyped(_("Write at least one wage and the date from which it holds."))
    actions.set_contract(person, Contract(tuple(terms)), by=reader(request).by, at=now())


def _save_extras(request: HttpRequest, person: Person, of: Month) -> None:
    form, currency = request.POST, typed.currency(request.POST)
    recurring = [
        RecurringFacts(
            _component_said(form, n, said, currency),
            typed.day(_nth(form, "since", n), _("From")),
            typed.day_or_none(_nth(form, "until", n), _("Until")),
        )
        for n, said in _rows(form, "amount")
    ]
    special = [
        SpecialFacts(
            typed.amount(said, currency, _("Special deduction")).minor,
            typed.day(_nth(form, "special_since", n), _("From")),
            typed.day_or_none(_nth(form, "special_until", n), _("Until")),
        )
        for n, said in _rows(form, "special")
    ]
    if any(one.minor < 0 for one in special):
        raise Mistyped(_("A special deduction is an amount above 0."))
    days = typed.whole(typed.text(form, "leave_days", 4), _("Days of leave a year"), 366)
    if not inputs.set_extras(person, Extras(currency, recurring, special, days), by=reader(request).by, at=now()):
        raise Mistyped(_("Save a contract first."))


def _save_month(request: HttpRequest, person: Person, of: Month) -> None:
    _save(request, person, of, RunKind.REGULAR)


def _save_beside(request: HttpRequest, person: Person, of: Month) -> None:
    _save(request, person, of, RunKind.OFF_CYCLE)


def _save(request: HttpRequest, person: Person, of: Month, kind: RunKind) -> None:
    form, currency = request.POST, typed.currency(request.POST)

    def minor(name: str, field: str) -> int:
        said = typed.text(form, name, 30)
        return typed.amount(said, currency, field).minor if said else 0

    opening = [minor(f"opening_{name}", _("The year so far")) for name in ("gross", "contributions", "withheld")]
    given = Input(
        currency,
        [_component_said(form, n, said, currency) for n, said in _rows(form, "amount")],
        [
            RecoveryFacts(
                typed.code(_nth(form, "recovery_code", n), _("Recovered")),
                typed.amount(said, currency, _("Recovered")).minor,
            )
            for n, said in _rows(form, "recovery")
        ],
        typed.whole(typed.text(form, "pieces", 9), _("Pieces")),
        minor("year_end_bonus", _("Year-end bonus")),
        typed.whole(typed.text(form, "leave_halves", 4), _("Half days of leave taken"), 732),
        Opening(*opening) if any(opening) else None,
    )
    if given.year_end_bonus_minor < 0 or any(one.minor < 0 for one in given.recoveries) or min(opening) < 0:
        raise Mistyped(_("A bonus, what is taken back and the year so far are amounts of 0 or more."))
    if inputs.set_input(person, of, kind, given, by=reader(request).by, at=now()) is None:
        raise Mistyped(_("This month was paid already. Put it into the next one."))


def _component_said(form: QueryDict, n: int, said: str, currency: str) -> ComponentFacts:
    kind, code = _nth(form, "component", n), typed.code(_nth(form, "code", n), _("Name"))
    if kind == "fixed":
        return ComponentFacts("fixed", code, typed.amount(said, currency, _("Amount")).minor)
    if kind == "day":
        return ComponentFacts("day", code, typed.amount(said, currency, _("Amount")).minor)
    if kind == "share":
        share = typed.share(said, _("Share"))
        return ComponentFacts("share", code, 0, share.numerator, share.denominator)
    raise Mistyped(_("Choose what the amount goes by."))


def _rows(form: QueryDict, name: str) -> list[tuple[int, str]]:
    """The rows of a form in which this field was filled."""
    return [(n, said.strip()[:30]) for n, said in enumerate(form.getlist(name)[:40]) if said.strip()]


def _nth(form: QueryDict, name: str, n: int) -> str:
    said = form.getlist(name)
    return said[n].strip()[:30] if n < len(said) else ""
