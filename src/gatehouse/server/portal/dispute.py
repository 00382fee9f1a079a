"""Contest a payment: one field, from the receipt. Only who holds the receipt's address gets here.

What was written is not shown again; what was answered is.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.server.console.words_takings import DECIDED, problem
from gatehouse.server.moment import now
from gatehouse.server.parking import receipts
from gatehouse.server.parking.models import Garage, Payment, RefundState
from gatehouse.server.portal.garage import frame, garage_of
from gatehouse.server.portal.pay import payment_of
from gatehouse.server.takings import disputes
from gatehouse.server.takings.models import Dispute, DisputeState
from gatehouse.server.takings.refunds import refund_state


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """GET shows the form, or where the dispute stands; POST opens it or adds to it."""
    garage = garage_of(code)
    payment = payment_of(garage, payment_id)
    held, fault, text = disputes.dispute_of(payment), "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            if held is None:
                disputes.open_dispute(
                    payment, text, request.POST.get("reach", "")[:200], by=disputes.DISPUTES, at=now()
                )
            else:
                disputes.say_more(held, text, at=now())
            return HttpResponseRedirect(reverse("pay-dispute", args=[garage.pay_code, payment.pk]))
        except DomainError as error:
            fault = error.code
    context = frame(request, garage) | {
        "payment": payment.pk,
        "number": _number(garage, payment),
        "amount": Money(payment.amount_minor, payment.currency),
        "limit": disputes.TEXT_LIMIT,
        "typed": text[: disputes.TEXT_LIMIT],
        "problem": problem(fault) if fault else "",
    }
    if held is not None:
        context |= _standing(held)
    return render(request, "portal/dispute.html", context, status=422 if fault else 200)


def _number(garage: Garage, payment: Payment) -> str:
    """As it stands on the receipt."""
    given = receipts.give_receipt(payment.pk, at=now())
    facts = receipts.read_receipt(given) if given else None
    return receipts.number_text(garage, facts) if facts else str(payment.pk)


def _standing(held: Dispute) -> dict[str, object]:
    refund = Money(held.refund_minor, held.currency) if held.refund_minor else None
    return {
        "dispute": held,
        "waits": held.state in disputes.WAITING,
        "upheld": held.state == DisputeState.UPHELD,
        "refund": refund,
        "refunded": refund_state(held) == RefundState.DONE,
        "answers": [
            {"on": one.words.on, "text": one.words.text, "why": DECIDED.get(one.words.code, "")}
            for one in disputes.answers(held)
            if one.words is not None
        ],
    }
