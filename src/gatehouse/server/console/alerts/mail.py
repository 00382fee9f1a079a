"""Mail: the server that takes it, who hears of alerts, and what became of messages. What was typed is sealed and is not
shown again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.alerts import actions as hearing
from gatehouse.server.alerts import queries as heard
from gatehouse.server.console import words
from gatehouse.server.console import words_alerts as said
from gatehouse.server.console.access import reader
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.interchange import mailing
from gatehouse.server.mail import actions, queries
from gatehouse.server.mail.cells import ServerFacts
from gatehouse.server.mail.models import Message, MessageState
from gatehouse.server.mailserver import LOCAL
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

PURPOSE = "alerts.recipients"
SHOWN = 25
_TRIED = "tried_%s"  # ids of fields, beside those of the other forms
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class ServerForm(forms.Form):
    host = forms.RegexField(
        r"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,120}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$",
        label=gettext_lazy("Mail server"),
        max_length=122,
        help_text=gettext_lazy("Its name alone, such as smtp.example.com."),
    )
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS, usually port 587")),
            ("tls", gettext_lazy("TLS from the first byte, usually port 465")),
            ("none", gettext_lazy("None: only for a mail server on this very machine")),
        ],
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65535,
        required=False,
        help_text=gettext_lazy("Empty: the usual one."),
    )
    user = forms.CharField(label=gettext_lazy("User"), max_length=200, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sender = forms.EmailField(
        label=gettext_lazy("Sender"),
        max_length=200,
        help_text=gettext_lazy("The address that stands as sender; one that this server may send for."),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("security") == "none" and typed.get("host") not in {*LOCAL, None}:
            raise ValidationError(
                gettext_lazy("Without encryption, password and mail could be read on the way. Choose STARTTLS or TLS.")
            )
        return typed

    def facts(self) -> ServerFacts:
        typed = self.cleaned_data
        return ServerFacts(
            host=typed["host"],
            port=typed["port"] or _PORTS[typed["security"]],
            user=typed["user"],
            password=typed["password"],
            security=typed["security"],
            sender=typed["sender"],
        )


class RecipientForm(forms.Form):
    address = forms.EmailField(label=gettext_lazy("Mail address"), max_length=200)
    site = forms.ChoiceField(label=gettext_lazy("Of which alerts?"))

    def __init__(self, who: SignedIn, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="hears_%s")
        everywhere = [("", gettext_lazy("Of all alerts"))] if who.sees_every_site else []
        choices = [*everywhere, *((str(site.pk), site.name) for site in sites_visible_to(who))]
        field = self.fields["site"]
        assert isinstance(field, forms.ChoiceField)
        field.choices, field.required = choices, not everywhere

    def sites(self) -> list[str]:
        return [self.cleaned_data["site"]] if self.cleaned_data["site"] else []


class TrialForm(forms.Form):
    address = forms.EmailField(label=gettext_lazy("To which address?"), max_length=200)


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: object) -> HttpResponse:
    who = reader(request)
    context = tabs(request, "mail") | {
        "recipients": [_recipient(one.pk, one.sites, who) for one in heard.recipients(who)],
        "form_of_recipient": RecipientForm(who),
        "is_of_all": who.sees_every_site,
    }
    if who.sees_every_site:
        counts = queries.counts()
        context |= {
            "server": "page" if queries.server() else "settings" if settings.SENDS_MAIL else "",
            "has_links": bool(settings.PUBLIC_URL),
            "form": ServerForm(),
            "form_of_test": TrialForm(auto_id=_TRIED),
            "counts": [(said.MESSAGES[state], counts.get(state, 0)) for state in MessageState.values],
            "messages_sent": [_message(one) for one in queries.messages()[:SHOWN]],
        }
    return render(request, "alerts/mail.html", context | more, status=status)


def _recipient(own: UUID, sites: list[str], who: SignedIn) -> dict[str, object]:
    names = [site.name for site in sites_visible_to(who) if str(site.pk) in sites]
    return {"id": own, "of": ", ".join(names) if sites else _("all alerts")}


def _message(row: Message) -> dict[str, object]:
    state, tone, mark = said.MESSAGES[row.state]
    why = said.why_not(row.said) if row.said and row.state != MessageState.SENT else words.Wording("")
    is_alert = row.kind.startswith("alert.")
    return {
        "id": row.pk,
        "what": said.ALERT if is_alert else said.LETTERS.get(row.kind, said.OTHER),
        "since": row.since,
        "due_at": row.due_at if row.state == MessageState.WAITING and row.tries else None,
        "state": state,
        "tone": tone,
        "mark": mark,
        "why": why.what,
        "do": why.do,
        "again": row.state == MessageState.DEAD,
    }


def _of_all(request: HttpRequest) -> SignedIn:
    """The mail server is the whole installation's. Raises Http404 for an owner of some sites alone."""
    who = reader(request)
    if not who.sees_every_site:
        raise Http404
    return who


@require_POST
def server(request: HttpRequest) -> HttpResponse:
    who, form = _of_all(request), ServerForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    actions.set_server(form.facts(), by=who.by, at=now())
    messages.success(request, _("Kept, sealed. Now send a test mail."), "yes")
    return HttpResponseRedirect(reverse("mail"))


@require_POST
def drop_server(request: HttpRequest) -> HttpResponse:
    actions.drop_server(by=_of_all(request).by, at=now())
    messages.success(request, _("The mail server is taken away. Mail that waits waits on."), "yes")
    return HttpResponseRedirect(reverse("mail"))


@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Sent at once, so that whoever set the server up sees what it says."""
    who, form = _of_all(request), TrialForm(request.POST, auto_id=_TRIED)
    if not form.is_valid():
        return _page(request, form_of_test=form, status=422)
    code = mailing.try_now(form.cleaned_data["address"], by=who.by, now=now())
    return _page(request, form_of_test=form, tried=said.why_not(code) if code else said.TAKEN, is_taken=not code)


@require_POST
def again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    who, found = _of_all(request), queries.message(message_id)
    if found is None:
        raise Http404
    actions.send_again(found, by=who.by, at=now())
    messages.success(request, _("It is sent once more."), "yes")
    return HttpResponseRedirect(reverse("mail"))


# --- who hears of alerts ---


@require_POST
def add_recipient(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    form = RecipientForm(who, request.POST)
    if not form.is_valid():
        return _page(request, form_of_recipient=form, status=422)
    if len(heard.recipients(who)) >= heard.RECIPIENTS:
        form.add_error(None, _("At most %(count)d addresses hear of alerts.") % {"count": heard.RECIPIENTS})
        return _page(request, form_of_recipient=form, status=422)
    hearing.add_recipient(form.cleaned_data["address"], form.sites(), by=who.by, at=now())
    messages.success(request, _("This address hears of alerts from now on."), "yes")
    return HttpResponseRedirect(reverse("mail"))


@require_POST
def show_recipients(request: HttpRequest) -> HttpResponse:
    """On a click, and written into the log as a look."""
    who = reader(request)
    rows = heard.recipients(who)
    cells = [keeping.cell("mail.address/1", row.pk, row.address_cell) for row in rows]
    data = keeping.reveal(cells, who.by.authority, PURPOSE)
    if isinstance(data, Refused):
        return _page(request, refused=words.refused(data.code))
    shown = [
        _recipient(row.pk, row.sites, who) | {"address": text.decode() if text else ""}
        for row, text in zip(rows, data, strict=True)
    ]
    return _page(request, recipients=shown)


@require_POST
def drop_recipient(request: HttpRequest, recipient_id: UUID) -> HttpResponse:
    who, found = reader(request), heard.recipient(recipient_id, reader(request))
    if found is None:
        raise Http404
    hearing.drop_recipient(found, by=who.by, at=now())
    messages.success(request, _("This address hears of nothing any more."), "yes")
    return HttpResponseRedirect(reverse("mail"))
