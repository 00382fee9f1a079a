"""Trust: what a thief would find, how much of whom was looked at, the head of the log, what is not protected."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gatehouse.keeper.protocol import Budget, Checkpoint, Refused, Text, Usage, UsageList, UsageRow
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of, operators
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import drilling, words, words_drill
from gatehouse.server.console.access import reader
from gatehouse.server.console.backups_card import backups_told
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.moment import now

UUID_LENGTH = 36
EVERYBODY = "web"  # the keeper's actor for the whole web process
NEAR = 0.8  # of a cap: worth saying

NOT_PROTECTED: tuple[words.Text, ...] = (
    gettext_lazy(
        "Whoever is root on the keeper's machine, or reads a running gate computer's memory, sees everything."
    ),
    gettext_lazy("A stolen disk of the keeper's machine opens everything while the root key is a file on it."),
    gettext_lazy("A stolen gate computer is the gallery of its site: faces, cards and plates."),
    gettext_lazy(
        "A face alone may be a picture: a gate can ask for a sign of life (back office, Gates), which stops prints and "
        "still screens, not videos and masks."
    ),
    gettext_lazy("If keeper and server run as one user, the limits on looking are nominal. The doctor says so in red."),
)

BUDGETS: dict[str, words.Text] = {
    Budget.NONE: gettext_lazy("Nobody's data"),
    Budget.BRIEF: gettext_lazy("Staff numbers in lists"),
    Budget.NAMES: gettext_lazy("Names"),
    Budget.SENSITIVE: gettext_lazy("Contacts, plates, bank"),
    Budget.WORK: gettext_lazy("Hours and pay"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """How much one operator looked at, against the limits."""

    actor: str
    kind: words.Text
    hour: int
    hour_cap: int
    day: int
    day_cap: int
    near: str


@require_safe
def trust(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    usage = keeping.ask(Usage(ticket=who.token), UsageList)
    head = keeping.ask(Checkpoint(), Text)
    context: dict[str, object] = {"not_protected": NOT_PROTECTED, "now": now()}
    context |= drilling.context() | {"backups": backups_told()} | tabs(request, "trust")
    if isinstance(usage, Refused):
        context["refused"] = words.refused(usage.code)
    else:
        context["use"] = _most(of_own_sites(usage.rows, who))
        context["log"] = {"size": usage.log_size, "head": "" if isinstance(head, Refused) else head.text}
    return render(request, "console/trust.html", context)


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The last drill on paper."""
    told = {"not_protected": NOT_PROTECTED, "not_shown": words_drill.NOT_SHOWN}
    return render(request, "console/drill_sheet.html", drilling.context() | told)


def of_own_sites(rows: Sequence[UsageRow], who: SignedIn) -> list[UsageRow]:
    """The rows of operators who have no site that the reader has not, and the sum of all."""
    if who.sees_every_site:
        return list(rows)
    theirs = {str(one.pk) for one in operators(who)} | {EVERYBODY}
    return [row for row in rows if row.actor in theirs]


def _most(usage: Sequence[UsageRow]) -> list[Use]:
    """Who looked most today, most first."""
    rows = sorted((row for row in usage if row.day), key=lambda row: row.day, reverse=True)
    return [
        Use(
            actor=_actor(row.actor),
            kind=BUDGETS[row.budget],
            hour=row.hour,
            hour_cap=row.hour_cap,
            day=row.day,
            day_cap=row.day_cap,
            near=_("near the limit")
            if max(row.hour / max(1, row.hour_cap), row.day / max(1, row.day_cap)) > NEAR
            else "",
        )
        for row in rows[:20]
    ]


def _actor(actor: str) -> str:
    """An operator's handle. Workers, whose actor is their own person, are not told apart here."""
    if actor == EVERYBODY:
        return _("Everybody together")
    handle = handle_of(actor)
    return _("A worker, on their own page") if handle == actor and len(actor) == UUID_LENGTH else handle
