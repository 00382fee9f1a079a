"""The forms of visits: an invitation, a walk-in, how long it lasts, and how a site receives visitors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.periods import at_local, local
from gatehouse.domain.visits import LONGEST_KEPT, MOST_MAIL, MOST_NAME, MOST_PURPOSE
from gatehouse.server.console.forms import Day
from gatehouse.server.gates import queries as gates
from gatehouse.server.people.models import Site
from gatehouse.server.visits.actions import Invited
from gatehouse.server.visits.models import VisitSetup
from gatehouse.server.visits.queries import gates_of

SALT, FORM_LIVES_S = "visit", 86_400
LANGUAGES = (("en", "English"), ("zh-hans", "简体中文"))
USUAL = timedelta(hours=1)


class _Clock(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def new_form_id() -> str:
    return signing.dumps(str(uuid4()), salt=SALT)


class _VisitForm(forms.Form):
    template_name = "garages/form.html"
    form_id = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Visitor's name"), max_length=MOST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        self.site, self.zone = site, ZoneInfo(site.zone)
        super().__init__(*args, **({"label_suffix": ""} | kwargs))

    def clean_form_id(self) -> UUID:
        try:
            return UUID(signing.loads(self.cleaned_data["form_id"], salt=SALT, max_age=FORM_LIVES_S))
        except (signing.BadSignature, ValueError, TypeError) as fault:
            raise ValidationError(_("This form is too old. Look at the list first; then open it anew.")) from fault

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable():
            raise ValidationError(_("Write the name in letters."))
        return name


class InviteForm(_VisitForm):
    """`who` is the host; a host who invites from their own page has none to choose."""

    who = forms.CharField(label=_("Host: staff number or name"), max_length=60)
    on = Day(label=_("Day"))
    starts = _Clock(label=_("From"))
    ends = _Clock(label=_("Until"))
    last = Day(label=_("Last day, if there are several"), required=False)
    purpose = forms.CharField(label=_("Purpose"), max_length=MOST_PURPOSE, required=False)
    plate = forms.CharField(
        label=_("Number plate"), max_length=16, required=False,
        help_text=_("Their car may come in while the visit lasts."),
    )  # fmt: skip
    mail = forms.EmailField(
        label=_("Mail"), max_length=MOST_MAIL, required=False,
        help_text=_("They get the link with their pass. Without it you hand the link over."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language of the mail"), choices=LANGUAGES, required=False)

    field_order = ("form_id", "name", "who", "on", "starts", "ends", "last", "purpose", "plate", "mail", "language")

    def __init__(self, site: Site, *args: Any, sends_mail: bool, own: bool, **kwargs: Any) -> None:
        super().__init__(site, *args, **kwargs)
        if own:
            del self.fields["who"]
        if not sends_mail:
            del self.fields["mail"], self.fields["language"]

    def invited(self) -> Invited:
        data = self.cleaned_data
        return Invited(
            name=data["name"],
            starts=at_local(data["on"], data["starts"], self.zone),
            ends=at_local(data["last"] or data["on"], data["ends"], self.zone),
            purpose=data["purpose"],
            mail=data.get("mail", ""),
            plate=data["plate"],
        )


class WalkInForm(_VisitForm):
    who = forms.CharField(label=_("Host: staff number or name"), max_length=60)
    ends = _Clock(label=_("Until"))
    purpose = forms.CharField(label=_("Purpose"), max_length=MOST_PURPOSE, required=False)
    plate = forms.CharField(label=_("Number plate"), max_length=16, required=False)

    def invited(self, at: datetime) -> Invited:
        data, on = self.cleaned_data, local(at, self.zone).date()
        return Invited(data["name"], at, at_local(on, data["ends"], self.zone), data["purpose"], "", data["plate"])


class LongerForm(forms.Form):
    template_name = "garages/form.html"
    on = Day(label=_("Day"))
    ends = _Clock(label=_("Until"))

    def until(self, zone: ZoneInfo) -> datetime:
        return at_local(self.cleaned_data["on"], self.cleaned_data["ends"], zone)


class SetupForm(forms.Form):
    template_name = "garages/form.html"
    gates = forms.MultipleChoiceField(
        label=_("Doors and lanes that a visitor may pass"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("A door needs the QR pass among its ways; a lane lets in the car that was named."),
    )  # fmt: skip
    keep_days = forms.IntegerField(
        label=_("Days until everything about a visit is destroyed"), min_value=0, max_value=LONGEST_KEPT,
        help_text=_("0: in the night after the visit."),
    )  # fmt: skip

    def __init__(self, site: Site, setup: VisitSetup | None, data: Any = None) -> None:
        chosen = [str(gate.pk) for gate in gates_of(setup)]
        initial = {"gates": chosen, "keep_days": (setup or VisitSetup(site=site)).keep_days}
        super().__init__(data, initial=initial, prefix=str(site.pk), label_suffix="")
        field = self.fields["gates"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(gate.pk), gate.name) for gate in gates.gates([site])]


def usual_times(at: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The next full hour, for an hour."""
    begins = local(at, zone).replace(minute=0, second=0, microsecond=0) + USUAL
    return {"on": begins.strftime("%Y-%m-%d"), "starts": f"{begins:%H:%M}", "ends": f"{begins + USUAL:%H:%M}"}
