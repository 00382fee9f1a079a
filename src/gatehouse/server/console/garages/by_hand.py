"""By hand: what each operator opened, let out and closed without payment, and who does it far more than the others."""

from datetime import date
from fractions import Fraction
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gatehouse.domain.money import Money
from gatehouse.domain.outliers import LEAST, TIMES
from gatehouse.server.accounts.queries import handles
from gatehouse.server.console import saying, words
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.spans import chosen, presets
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.words_takings import ACTS, REASONS
from gatehouse.server.parking.models import Act
from gatehouse.server.takings.acts import OperatorActs, acts, by_operator, exits, openings

LISTED = 200  # acts on one page


@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest, since: date | None = None, until: date | None = None) -> HttpResponse:
    asked = chosen(request, since, until)
    garages = asked.garages if asked.garage else asked.all_garages
    found = acts(garages, asked.since, asked.until)
    out = exits(garages, asked.period)
    names = handles(act.operator for act in found)
    rule = _("Marked: at least %(least)s of one kind, and more than %(times)s times what most others have.")
    context = tabs(request, "by-hand") | {
        "asked": asked,
        "presets": presets(asked),
        "rows": [_row(row, names, out) for row in by_operator(found)],
        "exits": out,
        "count": len(found),
        "rule": rule % {"least": LEAST, "times": TIMES},
    }
    wrong = bool(asked.problem and request.POST.get("since"))
    return render(request, "garages/by_hand.html", context, status=422 if wrong else 200)


def _row(row: OperatorActs, names: dict[str, str], out: int) -> dict[str, object]:
    kinds = [{"said": said, "count": row.kinds[kind], "odd": kind in row.odd} for kind, said in ACTS.items()]
    return {
        "name": _name(row.operator, names),
        "id": row.operator if row.operator in names else "",
        "kinds": [kind for kind in kinds if kind["count"]],
        "odd": bool(row.odd),
        "waived": [Money(minor, currency) for currency, minor in sorted(row.waived.items())],
        "share": saying.percent(Fraction(row.count, out)) if out else "",
        "reasons": [(REASONS.get(code, code), count) for code, count in row.reasons.most_common()],
    }


def _name(operator: str, names: dict[str, str]) -> words.Text:
    return names.get(operator) or words.JOBS.get(operator, words.ANY_JOB)


@require_safe
def acts_of(request: HttpRequest, operator_id: UUID, since: date, until: date) -> HttpResponse:
    """One operator's acts by date, and their openings with time and reason; 404 where they did nothing at the reader's
    lanes."""
    asked, operator = chosen(request, since, until), str(operator_id)
    garages = {garage.pk: garage for garage in asked.all_garages}
    found = acts(garages.values(), asked.since, asked.until, operator)
    opened = openings(garages.values(), asked.period, reader(request).by, operator)
    if not found and not opened:
        raise Http404
    context = tabs(request, "by-hand") | {
        "asked": asked,
        "name": _name(operator, handles([operator])),
        "acts": [
            {
                "on": act.on,
                "garage": garages[act.garage_id],
                "what": ACTS.get(Act(act.act), act.act),
                "why": REASONS.get(act.reason or "none", act.reason),
                "waived": Money(act.waived_minor, act.currency) if act.waived_minor else None,
            }
            for act in found[:LISTED]
        ],
        "openings": [
            {
                "at": one.at,
                "garage": garages[one.garage],
                "gate": one.gate,
                "why": REASONS.get(one.reason or "none", one.reason),
                "note": one.note,
            }
            for one in opened[:LISTED]
        ],
        "more": max(0, len(found) - LISTED),
    }
    return render(request, "garages/acts_of.html", context)
