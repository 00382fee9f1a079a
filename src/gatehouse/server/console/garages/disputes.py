"""Disputes: what drivers contest, with the evidence that there is, and a decision with its reason."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, MoneyError
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.accounts.queries import handles
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.payouts import minor_of
from gatehouse.server.console.garages.spans import chosen
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.console.words_money import PROVIDERS
from gatehouse.server.console.words_parking import price_line
from gatehouse.server.console.words_takings import (
    DECIDED,
    DISPUTE_STATES,
    MONEY_STATES,
    REASONS,
    REJECTED_BECAUSE,
    UPHELD_BECAUSE,
    problem,
)
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage, Payment, RefundState
from gatehouse.server.takings import disputes as rows
from gatehouse.server.takings.disputes import DisputeError
from gatehouse.server.takings.evidence import Evidence, Passed, gather
from gatehouse.server.takings.models import Dispute
from gatehouse.server.takings.refunds import refund_state

PAGE = 25
PURPOSE = "dispute.page"


@require_http_methods(["GET", "HEAD", "POST"])
def disputes(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET lists; POST opens one for somebody who holds a receipt and asks by telephone or at the booth."""
    asked, who, fault = chosen(request), reader(request), ""
    if request.method == "POST" and "receipt" in request.POST and who.role is not Role.AUDITOR:
        try:
            payment = _payment(request.POST["receipt"], asked.all_garages)
            made = rows.open_dispute(
                payment, request.POST.get("text", ""), request.POST.get("reach", "")[:200], by=who.by, at=now()
            )
            return HttpResponseRedirect(reverse("dispute", args=[made.pk]))
        except DomainError as error:
            fault = error.code
    found = rows.disputes(asked.all_garages)
    shown, pager = paged(found, number, PAGE, lambda page: reverse("disputes-page", args=[page]))
    context = tabs(request, "disputes") | {
        "rows": [_listed(row) for row in shown],
        "pager": pager,
        "waiting": found.filter(state__in=rows.WAITING).count(),
        "may_open": who.role is not Role.AUDITOR,
        "limit": rows.TEXT_LIMIT,
        "problem": problem(fault) if fault else "",
    }
    return render(request, "garages/disputes.html", context, status=422 if fault else 200)


def _payment(typed: str, garages: Sequence[Garage]) -> Payment:
    """By the number on its receipt. Raises DisputeError."""
    try:
        found = queries.payment(UUID(typed.strip()))
    except ValueError:
        found = None
    if found is None or found.garage not in garages:
        raise DisputeError("no_payment", "no payment has this number")
    return found


def _listed(row: Dispute) -> dict[str, object]:
    said, tone = DISPUTE_STATES[row.state]
    back = Money(row.refund_minor, row.currency) if row.refund_minor else None
    return {"row": row, "state": said, "tone": tone, "back": back}


def _refund(row: Dispute) -> dict[str, object] | None:
    if not row.refund_minor:
        return None
    state = refund_state(row)
    return {
        "amount": Money(row.refund_minor, row.currency),
        "said": MONEY_STATES.get(state, state),
        "failed": state == RefundState.FAILED,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """GET shows what lies in the clear; POST with `do` opens words and evidence, answers or decides."""
    row, who, fault = _dispute(request, dispute_id), reader(request), ""
    may_act = who.role is not Role.AUDITOR
    context: dict[str, object] = {}
    if request.method == "POST":
        if not may_act:
            raise Http404
        if request.POST.get("do") == "evidence":
            context = _opened(row, request)
        else:
            try:
                _act(request, row)
                return HttpResponseRedirect(reverse("dispute", args=[row.pk]))
            except DomainError as error:
                fault = error.code
                context = _opened(row, request)
    payment = queries.payment(row.payment)
    context = tabs(request, "disputes") | _listed(row) | context | {
        "refund": _refund(row),
        "paid": Money(payment.amount_minor, payment.currency) if payment else None,
        "payment": payment,
        "provider": PROVIDERS.get(payment.provider, payment.provider) if payment else "",
        "may_act": may_act,
        "waits": row.state in rows.WAITING,
        "upheld_because": UPHELD_BECAUSE,
        "rejected_because": REJECTED_BECAUSE,
        "limit": rows.TEXT_LIMIT,
        "problem": problem(fault) if fault else "",
        "now": now(),
    }  # fmt: skip
    return render(request, "garages/dispute.html", context, status=422 if fault else 200)


def _dispute(request: HttpRequest, dispute_id: UUID) -> Dispute:
    found = rows.dispute(dispute_id, chosen(request).all_garages)
    if found is None:
        raise Http404
    timezone.activate(found.garage.site.zone)
    return found


def _act(request: HttpRequest, row: Dispute) -> None:
    """Raises DomainError, KeeperAway."""
    by, at = reader(request).by, now()
    text, code = request.POST.get("text", ""), request.POST.get("code", "")
    match request.POST.get("do"):
        case "ask":
            rows.ask_back(row, text, by=by, at=at)
        case "uphold":
            if code not in dict(UPHELD_BECAUSE):
                raise DisputeError("no_reason", "choose why")
            rows.uphold(row, code, text, _amount(request, row), by=by, at=at)
        case "reject":
            if code not in dict(REJECTED_BECAUSE):
                raise DisputeError("no_reason", "choose why")
            rows.reject(row, code, text, by=by, at=at)
        case _:
            raise DisputeError("decided", "nothing of this kind can be done")


def _amount(request: HttpRequest, row: Dispute) -> int:
    """Raises DisputeError."""
    try:
        return minor_of(request.POST.get("amount", ""), row.currency)
    except MoneyError as fault:
        raise DisputeError("bad_amount", "write an amount") from fault


def _opened(row: Dispute, request: HttpRequest) -> dict[str, object]:
    """Words and evidence, as far as the keeper shows them to this reader."""
    by = reader(request).by
    said = rows.said(row, by, PURPOSE)
    found = gather(row, by)
    for answer in (said, found):
        if isinstance(answer, Refused):
            return {"refused": words.refused(answer.code)}
    assert not isinstance(said, Refused)
    assert not isinstance(found, Refused)
    thread = [
        {"side": one.side, "words": one.words, "why": DECIDED.get(one.words.code, "") if one.words else ""}
        for one in said
    ]
    return {"opened": True, "thread": thread, "evidence": _evidence(found), "payments": _payments(found)}


def _evidence(found: Evidence) -> dict[str, object]:
    stay = found.stay
    names = handles(one.operator for one in found.openings)
    return {
        "stay": stay,
        "lines": [price_line(line) for line in stay.lines] if stay else [],
        "entered_because": words.reason(stay.reason).what if stay else "",
        "ends": [_end(_("Entry"), found.entry), _end(_("Exit"), found.exit)],
        "openings": [
            {
                "at": one.at,
                "who": names.get(one.operator, words.ANY_JOB),
                "why": REASONS.get(one.reason or "none", one.reason),
                "note": one.note,
            }
            for one in found.openings
        ],
    }  # fmt: skip


def _end(name: str, passed: Passed | None) -> dict[str, object]:
    if passed is None:
        return {"name": name, "passed": None}
    reads = [
        {
            "at": seen.at,
            "outcome": _("Let through") if seen.outcome == "granted" else _("Not let through"),
            "plate": seen.facts.plate if seen.facts else "",
            "why": words.reason(seen.facts.reason).what if seen.facts else "",
            "gone": seen.facts is None,
        }
        for seen in passed.reads
    ]
    return {"name": name, "passed": passed, "reads": reads}


def _payments(found: Evidence) -> list[dict[str, object]]:
    """What came and what went back, in order."""
    currency = found.payments[0].currency if found.payments else "EUR"
    came: list[dict[str, object]] = [
        {
            "on": one.at,
            "amount": Money(one.amount_minor, one.currency),
            "provider": PROVIDERS.get(one.provider, one.provider),
            "state": MONEY_STATES.get(one.state, one.state),
            "number": one.pk,
        }
        for one in found.payments
    ]
    back: list[dict[str, object]] = [
        {
            "day": one.on,
            "amount": Money(-one.minor, currency),
            "provider": PROVIDERS.get(one.provider, one.provider),
            "state": MONEY_STATES.get(one.state, one.state),
            "number": one.id,
        }
        for one in found.refunds
    ]
    return came + back
