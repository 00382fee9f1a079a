"""Payouts: the owners of garages, what belongs to them, and their monthly statements."""

from datetime import date, datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, MoneyError, decimal_text, exponent
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.accounts.queries import handles
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.spans import chosen
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payout_paper import paper
from gatehouse.server.console.spreadsheet import plain, table_file
from gatehouse.server.console.words_takings import PAYOUT_STATES, payout_line, problem
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.takings import owners, statements
from gatehouse.server.takings.models import Holding, PayoutStatement, Proprietor
from gatehouse.server.takings.owners import NewHolding, OwnerError

PAGE = 25
READERS = frozenset({Role.OWNER, Role.AUDITOR})


@require_http_methods(["GET", "HEAD", "POST"])
def payouts(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET lists; POST adds an owner of garages."""
    who, fault = reader(request), ""
    if request.method == "POST" and who.role is Role.OWNER and "name" in request.POST:
        try:
            made = owners.add_proprietor(request.POST["name"], by=who.by, at=now())
            if owners.proprietor(made.pk, who) is not None:
                return HttpResponseRedirect(reverse("payouts-owner", args=[made.pk]))
        except DomainError as error:
            fault = error.code
    rows = owners.proprietors(who)
    shown, pager = paged(owners.statements(rows), number, PAGE, lambda page: reverse("payouts-page", args=[page]))
    held = owners.holdings(rows)
    context = tabs(request, "payouts") | {
        "owners": [{"row": row, "holdings": [h for h in held if h.proprietor_id == row.pk]} for row in rows],
        "statements": [_listed(row) for row in shown],
        "pager": pager,
        "may_change": who.role is Role.OWNER,
        "may_add": who.role is Role.OWNER and who.sees_every_site,
        "problem": problem(fault) if fault else "",
    }
    return render(request, "garages/payouts.html", context, status=422 if fault else 200)


def _listed(row: PayoutStatement) -> dict[str, object]:
    said, tone = PAYOUT_STATES[row.state]
    month = date.fromisoformat(f"{row.month}-01")
    payout = Money(row.payout_minor, row.currency)
    return {"row": row, "month": month, "payout": payout, "state": said, "tone": tone}


def _owner(request: HttpRequest, owner_id: UUID) -> Proprietor:
    found = owners.proprietor(owner_id, reader(request))
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def owner(request: HttpRequest, owner_id: UUID) -> HttpResponse:
    """One owner: POST with `do` sets the account, adds or ends a holding, or prepares a month."""
    row, who, fault = _owner(request, owner_id), reader(request), ""
    if request.method == "POST":
        if who.role is not Role.OWNER:
            raise Http404
        try:
            done = _do(request, row)
            if done is not None:
                return HttpResponseRedirect(done)
        except DomainError as error:
            fault = error.code
    context = _owner_context(request, row) | {"problem": problem(fault) if fault else ""}
    if request.method == "POST" and request.POST.get("do") == "show-account":
        account = owners.account(row, who.by)
        context["refused" if isinstance(account, Refused) else "account"] = (
            words.refused(account.code) if isinstance(account, Refused) else account
        )
    return render(request, "garages/owner.html", context, status=422 if fault else 200)


def _owner_context(request: HttpRequest, row: Proprietor) -> dict[str, object]:
    asked = chosen(request)
    return tabs(request, "payouts") | {
        "owner": row,
        "holdings": owners.holdings([row]),
        "statements": [_listed(one) for one in owners.statements([row])],
        "months": owners.months_to_state(asked.today),
        "garages": asked.all_garages,
        "today": asked.today,
        "may_change": reader(request).role is Role.OWNER,
    }


def _do(request: HttpRequest, row: Proprietor) -> str | None:
    """Carry out what was asked; the address to go on with, None to stay. Raises DomainError, KeeperAway."""
    who, at, here = reader(request), now(), reverse("payouts-owner", args=[row.pk])
    match request.POST.get("do"):
        case "account":
            owners.set_account(row, request.POST.get("iban", ""), by=who.by, at=at)
        case "hold":
            owners.add_holding(row, _new_holding(request), by=who.by, at=at)
        case "end":
            owners.end_holding(_holding(request, row), ends=_date(request.POST.get("ends", "")), by=who.by, at=at)
        case "prepare":
            made = statements.prepare(row, _month(request.POST.get("month", "")), by=who.by, at=at)
            return reverse("payouts-statement", args=[made[0].pk]) if made else here
        case _:
            return None
    return here


def _new_holding(request: HttpRequest) -> NewHolding:
    """Raises OwnerError."""
    typed = request.POST.get
    garages = {str(garage.pk): garage for garage in _garages(request)}
    garage = garages.get(typed("holding_garage", ""))
    if garage is None:
        raise OwnerError("bad_garage", "choose a garage")
    fees = [(typed(f"provider_{n}", ""), typed(f"percent_{n}", "")) for n in (1, 2, 3)]
    if typed("percent_other", "").strip():
        fees.append(("", typed("percent_other", "")))
    return NewHolding(
        garage=garage,
        starts=_date(typed("starts", "")),
        ends=_date(typed("ends", "")) if typed("ends", "").strip() else None,
        parts=_whole(typed("parts", "1")),
        commission_percent=typed("commission", "0"),
        fixed_fee=_minor(typed("fixed_fee", "0"), garage.currency),
        vat_percent=typed("vat", "0"),
        provider_percents=tuple((name, text) for name, text in fees if text.strip()),
    )


def _garages(request: HttpRequest) -> list[Garage]:
    return list(queries.garages(sites_visible_to(reader(request))))


def _holding(request: HttpRequest, row: Proprietor) -> Holding:
    wanted = request.POST.get("holding", "")
    found = next((one for one in owners.holdings([row]) if str(one.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _date(typed: str) -> date:
    """Raises OwnerError."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError as fault:
        raise OwnerError("bad_date", "write a date") from fault
    if not can_be_meant(day):
        raise OwnerError("bad_date", "write a date that can be meant")
    return day


def _month(typed: str) -> Month:
    """Raises OwnerError."""
    return Month.of(_date(f"{typed[:7]}-01"))


def _whole(typed: str) -> int:
    """Raises OwnerError."""
    text = typed.strip() or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise OwnerError("bad_parts", "write a whole number")
    return int(text)


def _minor(typed: str, currency: str) -> int:
    """An amount as it is typed, in minor units. Raises OwnerError."""
    try:
        return minor_of(typed or "0", currency)
    except MoneyError as fault:
        raise OwnerError("bad_fee", "write an amount") from fault


def minor_of(typed: str, currency: str) -> int:
    """ "12.5" or "12,50" of a currency with two places is 1250. Raises MoneyError."""
    whole, point, rest = typed.strip().replace(",", ".").partition(".")
    places = exponent(currency)
    if not (whole.isascii() and whole.isdigit() and len(whole) < 13 and len(rest) <= places):
        raise MoneyError("not_whole", "write digits, with at most as many decimals as the currency has")
    if point and not (rest.isascii() and rest.isdigit()):
        raise MoneyError("not_whole", "write digits behind the point")
    return int(whole + rest.ljust(places, "0"))


# --- a statement -------------------------------------------------------------------------------------------------


def _statement(request: HttpRequest, statement_id: UUID) -> PayoutStatement:
    found = owners.statement(statement_id, reader(request))
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """POST with `do`: approve (what was seen), or mark as paid."""
    row, who, fault = _statement(request, statement_id), reader(request), ""
    if request.method == "POST":
        if who.role is not Role.OWNER:
            raise Http404
        try:
            _decide(request, row, now())
            return HttpResponseRedirect(reverse("payouts-statement", args=[row.pk]))
        except DomainError as error:
            fault = error.code
            row.refresh_from_db()
    names = handles([row.prepared_by, row.approved_by])
    context = tabs(request, "payouts") | _listed(row) | {
        "lines": _lines(row),
        "prepared_by": names.get(row.prepared_by, words.ANY_JOB),
        "approved_by": names.get(row.approved_by, ""),
        "mine": row.prepared_by == who.by.actor,
        "may_change": who.role is Role.OWNER,
        "problem": problem(fault) if fault else "",
    }  # fmt: skip
    return render(request, "garages/statement.html", context, status=422 if fault else 200)


def _decide(request: HttpRequest, row: PayoutStatement, at: datetime) -> None:
    """Raises DomainError."""
    by = reader(request).by
    if request.POST.get("do") == "paid":
        statements.mark_paid(row, chosen(request).today, by=by, at=at)
    elif request.POST.get("do") == "approve":
        seen = request.POST.get("seen", "")
        fits = seen.lstrip("-").isascii() and seen.lstrip("-").isdigit() and len(seen) < 20
        statements.approve(row, seen_minor=int(seen) if fits else row.payout_minor + 1, by=by, at=at)


def _lines(row: PayoutStatement) -> list[dict[str, object]]:
    names = statements.garage_names(row)
    return [
        {"garage": names.get(garage, ""), "said": payout_line(line), "amount": line.amount, "kind": line.kind.value}
        for garage, line in statements.lines_of(row)
    ]


@require_safe
def statement_csv(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    row = _statement(request, statement_id)
    names = statements.garage_names(row)
    rows = [["month", "garage", "line", "detail", "amount", "currency"]]
    for garage, line in statements.lines_of(row):
        detail = " ".join(f"{name}={value}" for name, value in sorted(line.params.items()))
        name = plain(names.get(garage, ""))
        rows.append([row.month, name, line.kind.value, detail, decimal_text(line.amount), row.currency])
    rows.append([row.month, "", "payout", "", decimal_text(Money(row.payout_minor, row.currency)), row.currency])
    return table_file(request, f"payout-{row.month}-{row.currency}", rows)


@require_safe
def statement_pdf(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    row = _statement(request, statement_id)
    answer = HttpResponse(paper(row, _lines(row)), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="payout-{row.month}-{row.currency}.pdf"'
    return answer
