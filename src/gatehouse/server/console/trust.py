"""Trust: what a thief would find, how much of whom was looked at, the head of the log, what is not protected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gatehouse.keeper.protocol import Budget, Checkpoint, Refused, Text, Usage, UsageList, UsageRow
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of, operators
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
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
        "There is no check yet that a face is alive: a good picture may open a door. Use a pass or card beside it."
    ),
    gettext_lazy("If keeper and server run as one user, the limits on looking are nominal. The doctor says so in red."),
)

NEEDLES: dict[str, words.Text] = {
    "names": gettext_lazy("Names"),
    "plates": gettext_lazy("Plates"),
    "cards": gettext_lazy("Cards"),
    "contacts": gettext_lazy("Contacts"),
    "faces": gettext_lazy("Face pictures"),
    "templates": gettext_lazy("Face templates"),
    "linked_between_days": gettext_lazy("People linked between days"),
}

BUDGETS: dict[Budget, words.Text] = {
    Budget.NONE: gettext_lazy("Nobody's data"),
    Budget.BRIEF: gettext_lazy("Staff numbers in lists"),
    Budget.NAMES: gettext_lazy("Names"),
    Budget.SENSITIVE: gettext_lazy("Contacts, plates, bank"),
    Budget.WORK: gettext_lazy("Hours and pay"),
}


class Searched(msgspec.Struct, frozen=True):
    files: int = 0
    bytes: int = 0
    needles: dict[str, int] = {}


class DrillFile(msgspec.Struct, frozen=True):
    """HOME/server/drill.json: counts of the last drill, written by the thief's command."""

    found: dict[str, int]
    searched: Searched
    at: datetime | None = None


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
    context: dict[str, object] = {"drill": _drill(), "not_protected": NOT_PROTECTED, "now": now()}
    context |= tabs(request, "trust")
    if isinstance(usage, Refused):
        context["refused"] = words.refused(usage.code)
    else:
        context["use"] = _most(_of_own_sites(usage.rows, who))
        context["log"] = {"size": usage.log_size, "head": "" if isinstance(head, Refused) else head.text}
    return render(request, "console/trust.html", context)


def _of_own_sites(rows: Sequence[UsageRow], who: SignedIn) -> list[UsageRow]:
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


def _drill() -> dict[str, object] | None:
    """The last drill in words, None when there was none or its file is not readable."""
    file = settings.HOME / "server" / "drill.json"
    try:
        data = file.read_bytes()
        last = msgspec.json.decode(data, type=DrillFile)
    except (FileNotFoundError, PermissionError, msgspec.MsgspecError):
        return None
    clean = not any(last.found.values()) and any(last.searched.needles.values())
    return {
        "at": last.at,
        "tone": "good" if clean else "stop",
        "mark": "yes" if clean else "warn",
        "said": _("A thief would find nobody") if clean else _("A thief would find somebody: act now"),
        "searched": _("Searched %(files)d files, %(size)d kB, in every common encoding")
        % {"files": last.searched.files, "size": last.searched.bytes // 1000},
        "rows": [
            {"name": NEEDLES.get(name, name), "needles": last.searched.needles.get(name, "–"), "found": count}
            for name, count in last.found.items()
        ],
    }
