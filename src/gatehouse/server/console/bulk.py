"""More people: somebody asks for more than their limits allow, a second person answers, and the grant ends by itself.

The keeper holds the wishes, counts what each showed and decides who may answer; this page says so and words its no.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import at_local, can_be_meant, local
from gatehouse.keeper.protocol import (
    BULK_LONGEST,
    BULK_PEOPLE,
    BULK_REASON,
    Budget,
    Bulk,
    BulkList,
    Bulks,
    BulkState,
    Refused,
    Role,
    Usage,
    UsageList,
)
from gatehouse.server import keeping
from gatehouse.server.accounts import bulk as acts
from gatehouse.server.accounts.queries import handles, second_persons
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import problems, words, words_bulk
from gatehouse.server.console.access import PAYROLL, reader
from gatehouse.server.console.bulk_use import Bar, Line, clock_of, own_lines
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.console.trust import BUDGETS
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.moment import now

USUAL = timedelta(hours=8)  # a working day: what the form offers first
_SHOWN_AS = "%Y-%m-%dT%H:%M"


class WishForm(forms.Form):
    """Its times are on the clock of `zone`; `kinds` are the classes that the asker's role sees."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Which data"),
        widget=forms.RadioSelect,
        error_messages={"required": words_bulk.WRONG_KIND, "invalid_choice": words_bulk.WRONG_KIND},
    )
    people = forms.IntegerField(
        label=gettext_lazy("Of how many people"), widget=forms.NumberInput(attrs={"min": 1, "max": BULK_PEOPLE})
    )
    until = forms.CharField(
        label=gettext_lazy("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), max_length=40
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": BULK_REASON}),
        help_text=gettext_lazy(
            "In a few words and without names: the second person and auditors read it. It lies at the keeper alone."
        ),
    )

    def __init__(self, kinds: list[tuple[str, words.Text]], zone: ZoneInfo, *args: Any, **kwargs: Any) -> None:
        self.zone = zone
        super().__init__(*args, **({"label_suffix": ""} | kwargs))
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = kinds
        shown = self.fields["until"].widget.attrs
        shown["min"], shown["max"] = (local(at, zone).strftime(_SHOWN_AS) for at in (now(), now() + BULK_LONGEST))
        too_many = words_bulk.WRONG_PEOPLE % {"most": f"{BULK_PEOPLE:,}"}
        self.fields["people"].error_messages = {"required": too_many, "invalid": too_many}
        self.fields["until"].error_messages = {
            "required": words_bulk.WRONG_UNTIL, "max_length": words_bulk.WRONG_UNTIL,
        }  # fmt: skip
        self.fields["reason"].error_messages = {"required": words_bulk.WRONG_REASON % {"most": BULK_REASON}}

    def clean_people(self) -> int:
        people = int(self.cleaned_data["people"])
        if not 0 < people <= BULK_PEOPLE:
            raise forms.ValidationError(words_bulk.WRONG_PEOPLE % {"most": f"{BULK_PEOPLE:,}"})
        return people

    def clean_until(self) -> datetime:
        try:
            shown = datetime.fromisoformat(self.cleaned_data["until"])
        except ValueError:
            raise forms.ValidationError(words_bulk.WRONG_UNTIL) from None
        if shown.tzinfo is not None or not can_be_meant(shown.date()):
            raise forms.ValidationError(words_bulk.WRONG_UNTIL)
        until = at_local(shown.date(), shown.time(), self.zone)
        if until <= now():
            raise forms.ValidationError(words_bulk.PAST)
        if until > now() + BULK_LONGEST:
            raise forms.ValidationError(words_bulk.TOO_FAR % {"days": BULK_LONGEST.days})
        return until

    def clean_reason(self) -> str:
        reason = " ".join(str(self.cleaned_data["reason"]).split())
        if not 0 < len(reason) <= BULK_REASON:
            raise forms.ValidationError(words_bulk.WRONG_REASON % {"most": BULK_REASON})
        return reason


@dataclass(frozen=True, slots=True)
class Shown:
    """A wish as its reader sees it: `may` names the buttons."""

    wish: Bulk
    kind: words.Text
    asker: str
    answered_by: str
    ended_by: str
    state: words_bulk.Said
    used: Bar
    left: int
    use: Line | None
    may: frozenset[str]


def more(request: HttpRequest) -> HttpResponse:
    """GET shows one's own use and wishes, and what others ask; POST asks."""
    if request.method != "POST":
        return _as_it_stands(request)
    who, (zone, at) = reader(request), clock_of(request)
    usage = keeping.ask(Usage(ticket=who.token), UsageList)
    if isinstance(usage, Refused):
        return _page(request, None, None, at, refused=words.refused(usage.code))
    form = WishForm(_kinds(own_lines(usage, who.ticket.actor, who.role)), zone, request.POST)
    if not form.is_valid():
        return _page(request, usage, form, at)
    data = form.cleaned_data
    try:
        wish = acts.ask_for_more(
            Budget(data["kind"]), data["people"], data["until"], data["reason"], by=who.by, at=now()
        )
    except KeeperAway:
        return _away(request)
    if isinstance(wish, Refused):
        return _page(request, usage, form, at, refused=_refusal(wish))
    said = _("Asked. A second person sees it now; nothing more is open to you until they allow it.")
    messages.success(request, said, "clock")
    return HttpResponseRedirect(reverse("bulk"))


@require_POST
def answer(request: HttpRequest, wish_id: UUID) -> HttpResponse:
    """Allow, refuse or take back what waits; end what was allowed. A wish that its reader does not see is not there."""
    who, do = reader(request), request.POST.get("do", "")
    listed = keeping.ask(Bulks(ticket=who.token), BulkList)
    if isinstance(listed, Refused) or str(wish_id) not in {one.id for one in listed.bulks}:
        raise Http404  # also one that somebody of other sites made
    if do not in _DONE:
        return problems.problem(request, 400)
    try:
        if do == "end":
            refusal = acts.end_grant(wish_id, by=who.by, at=now())
        else:
            refusal = acts.answer_wish(wish_id, allow=do == "allow", by=who.by, at=now())
    except KeeperAway:
        return _away(request)
    if refusal is not None:
        return _as_it_stands(request, _refusal(refusal))
    messages.success(request, str(_DONE[do]), "yes")
    return HttpResponseRedirect(reverse("bulk"))


_DONE: dict[str, words.Text] = {
    "allow": gettext_lazy("Allowed. It counts beside their limits, to the last one, and ends by itself."),
    "refuse": gettext_lazy("Refused. Who asked sees it on this page."),
    "back": gettext_lazy("Taken back."),
    "end": gettext_lazy("Ended. Their limits alone hold from now on."),
}


def _kinds(own: dict[Budget, Line]) -> list[tuple[str, words.Text]]:
    return [(kind.value, line.kind) for kind, line in own.items()]


def _as_it_stands(request: HttpRequest, refused: words.Wording | None = None) -> HttpResponse:
    """The page with a fresh form, and why not where something was refused."""
    who, (zone, at) = reader(request), clock_of(request)
    usage = keeping.ask(Usage(ticket=who.token), UsageList)
    if isinstance(usage, Refused):
        return _page(request, None, None, at, refused=words.refused(usage.code))
    own = own_lines(usage, who.ticket.actor, who.role)
    form = WishForm(_kinds(own), zone, initial=_first(own, zone))
    return _page(request, usage, form, at, refused=refused)


def _page(
    request: HttpRequest,
    usage: UsageList | None,
    form: WishForm | None,
    at: str,
    *,
    refused: words.Wording | None = None,
) -> HttpResponse:
    who = reader(request)
    listed = keeping.ask(Bulks(ticket=who.token), BulkList)
    context: dict[str, object] = tabs(request, "bulk") | {"refused": refused, "form": form, "clock": at}
    if usage is not None and not isinstance(listed, Refused):
        wishes = _wishes(listed.bulks, usage, who)
        others = [one for one in wishes if one.wish.actor != who.ticket.actor]
        context |= {
            "lines": list(own_lines(usage, who.ticket.actor, who.role).values()),
            "mine": [one for one in wishes if one.wish.actor == who.ticket.actor],
            "waiting": [one for one in others if one.wish.state is BulkState.ASKED],
            "answered": [one for one in others if one.wish.state is not BulkState.ASKED],
            "sees_others": who.role in PAYROLL | {Role.AUDITOR},
            "answers": who.role in PAYROLL,
            "second": second_persons(who),
        }
    wrong = refused is not None or (form is not None and bool(form.errors))
    return render(request, "bulk/more.html", context, status=422 if wrong else 200)


def _wishes(bulks: list[Bulk], usage: UsageList, who: SignedIn) -> list[Shown]:
    named = handles({actor for one in bulks for actor in (one.actor, one.by, one.ended_by) if actor})
    return [_shown(one, usage, who, named) for one in bulks]


def _shown(wish: Bulk, usage: UsageList, who: SignedIn, named: dict[str, str]) -> Shown:
    own = wish.actor == who.ticket.actor
    return Shown(
        wish=wish,
        kind=BUDGETS[wish.budget],
        asker=named.get(wish.actor, wish.actor),
        answered_by=named.get(wish.by, wish.by),
        ended_by=named.get(wish.ended_by, wish.ended_by),
        state=_state(wish),
        used=Bar.of(wish.used, wish.people),
        left=max(0, wish.people - wish.used),
        use=own_lines(usage, wish.actor, wish.role).get(wish.budget),
        may=_buttons(wish, own=own, answers=who.role in PAYROLL),
    )


def _state(wish: Bulk) -> words_bulk.Said:
    if wish.state is BulkState.REFUSED and wish.by == wish.actor:
        return words_bulk.TAKEN_BACK
    if wish.state is BulkState.OVER and not wish.by:
        return words_bulk.UNANSWERED
    if wish.state is BulkState.ALLOWED and wish.used >= wish.people:
        return words_bulk.USED_UP
    return words_bulk.STATES[wish.state]


def _buttons(wish: Bulk, *, own: bool, answers: bool) -> frozenset[str]:
    """What this reader may do about it; the keeper has the last word."""
    if wish.state is BulkState.ASKED:
        return frozenset({"back"} if own else {"allow", "refuse"} if answers else ())
    return frozenset({"end"} if wish.state is BulkState.ALLOWED and (own or answers) else ())


def _first(own: dict[Budget, Line], zone: ZoneInfo) -> dict[str, str]:
    """What the form offers: the class that is nearest to its limit, for a working day."""
    until = local(now() + USUAL, zone).replace(minute=0, second=0, microsecond=0)
    fullest = max(own, key=lambda kind: own[kind].fullest, default=None)
    chosen = {"kind": fullest.value} if fullest is not None and own[fullest].fullest else {}
    return chosen | {"until": until.strftime(_SHOWN_AS)}


def _refusal(refusal: Refused) -> words.Wording:
    return words_bulk.refused(refusal) or words.refused(refusal.code)


def _away(request: HttpRequest) -> HttpResponse:
    return problems.problem(request, 503, words_bulk.AWAY)
