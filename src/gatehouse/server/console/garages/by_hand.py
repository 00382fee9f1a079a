"""By hand: what each operator opened and let out without payment, and who does it much more often than the others."""

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
from gatehouse.server.takings.acts import MOST, Act, OperatorActs, acts, by_operator, exits

LISTED = 200  # acts on one page


@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest, since: date | None = None, until: date | None = None) -> HttpResponse:
    asked = chosen(request, since, until)
    garages = asked.garages if asked.garage else asked.all_garages
    found = acts(garages, asked.period, reader(request).by)
    out = exits(garages, asked.period)
    names = handles(act.operator for act in found)
    rows = [_row(row, names, out) for row in by_operator(found)]
    context = tabs(request, "by-hand") | {
        "asked": asked,
        "presets": presets(asked),
        "rows": rows,
        "exits": out,
        "let_out": sum(act.is_exit for act in found),
        "rule": _(
            "Marked is who has at least %(least)s of a kind and more than %(times)s times the median of the others."
        )
        % {"least": LEAST, "times": TIMES},
        "most": MOST if len(found) == MOST else 0,
    }
    return render(
        request, "garages/by_hand.html", context, status=422 if asked.problem and request.POST.get("since") else 200
    )


def _row(row: OperatorActs, names: dict[str, str], out: int) -> dict[str, object]:
    share = saying.percent(Fraction(row.let_out, out)) if out else ""
    return {
        "name": _name(row.operator, names),
        "id": row.operator if row.operator in names else "",
        "openings": row.openings,
        "free_passes": row.free_passes,
        "odd": row.odd,
        "waived": [Money(minor, currency) for currency, minor in sorted(row.waived.items())],
        "share": share,
        "reasons": [(REASONS.get(code, code), count) for code, count in row.reasons.most_common()],
    }


def _name(operator: str, names: dict[str, str]) -> words.Text:
    return names.get(operator) or words.JOBS.get(operator, words.ANY_JOB)


@require_safe
def acts_of(request: HttpRequest, operator_id: UUID, since: date, until: date) -> HttpResponse:
    """One operator's acts, each with its time and reason; 404 where they did nothing at the reader's lanes."""
    asked = chosen(request, since, until)
    found = acts([*asked.all_garages], asked.period, reader(request).by, str(operator_id))
    if not found:
        raise Http404
    garages = {garage.pk: garage for garage in asked.all_garages}
    context = tabs(request, "by-hand") | {
        "asked": asked,
        "name": _name(str(operator_id), handles([str(operator_id)])),
        "acts": [_said(act) | {"garage": garages[act.garage]} for act in found[:LISTED]],
        "more": max(0, len(found) - LISTED),
    }
    return render(request, "garages/acts_of.html", context)


def _said(act: Act) -> dict[str, object]:
    return {
        "at": act.at,
        "gate": act.gate,
        "what": ACTS[act.kind],
        "why": REASONS.get(act.reason or "none", act.reason),
        "note": act.note,
        "waived": act.waived,
    }
