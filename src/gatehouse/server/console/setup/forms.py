"""The forms of set-up. Each asks for as little as there can be; the rest comes with the type of site."""

import re
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.camera_brands import BRANDS, BY_CODE, stream_address
from gatehouse.domain.money import EXPONENTS
from gatehouse.domain.regions import Region, region_of
from gatehouse.domain.site_types import KITS, OPTIONAL_PAGES
from gatehouse.server.console import words_setup
from gatehouse.server.console.rules.forms import SiteForm
from gatehouse.server.gates import queries
from gatehouse.server.gates.addresses import check_address
from gatehouse.server.gates.models import Gate, Schedule
from gatehouse.server.people.models import Group, Site

ADDRESS_LIMIT = 200
BEGINNINGS = ("rtsp://", "rtsps://", "http://", "https://", "tcp://", "file://", "/")
PERCENT = 100
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,120}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")


class Named(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class AllNamed(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def _zones() -> list[tuple[str, Any]]:
    names = sorted(available_timezones())
    return [("", _("Choose ...")), *((n, n.replace("_", " ")) for n in names if "/" in n and not n.startswith("Etc/"))]


def likely_zone() -> str:
    """A reader of Chinese mostly stands in China; for everybody else the browser knows (`setup.js`)."""
    return "Asia/Shanghai" if (get_language() or "").startswith("zh") else ""


class NewSiteForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is it?"), choices=[(code, said.what) for code, said in words_setup.SITE_TYPES.items()]
    )
    name = forms.CharField(label=_("What is it called?"), max_length=80)
    zone = forms.ChoiceField(
        label=_("Which clock hangs there?"),
        choices=_zones,
        help_text=_("The time zone. It says the country, too: its holidays, its money, its number plates."),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=[("", _("that of the country")), *((code, code) for code in sorted(EXPONENTS))],
        required=False,
    )
    holidays = forms.BooleanField(
        label=_("Write the country's public holidays of this year into the calendar, if we have them"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not name.isprintable():
            raise ValidationError(_("A name is one line of letters."))
        return name


class PagesForm(forms.Form):
    shown = forms.MultipleChoiceField(
        label=_("Which pages do you need?"),
        choices=[(code, words_setup.PAGES[code]) for code in OPTIONAL_PAGES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The others are only left out at the top of the page. Nothing is turned off."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))


class NewGateForm(SiteForm):
    name = forms.CharField(label=_("What is it called?"), max_length=80)
    kit = forms.ChoiceField(label=_("What is it like?"), choices=[], widget=forms.RadioSelect, required=False)
    like = Named(
        Gate.objects.none(),
        label=_("Or the same as"),
        required=False,
        empty_label=_("no other gate"),
        help_text=_("Whom it takes, how long it opens, its zone and the rules that name it are copied."),
    )
    has_sensor = forms.BooleanField(
        label=_("A door contact or a loop is wired to the relay's input"),
        required=False,
        help_text=_("Then Gatehouse knows who really passed, and tells when the door is forced or held open."),
    )
    field_order = ("name", "kit", "like", "has_sensor")

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(site, *args, **kwargs)
        kit = self.fields["kit"]
        assert isinstance(kit, forms.ChoiceField)
        kit.choices = [(one.code, words_setup.GATE_KITS[one.code].what) for one in KITS[site.type].gates]
        kit.initial = KITS[site.type].gates[0].code
        if not queries.gates([site]).exists():
            del self.fields["like"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("like") and not data.get("kit") and "kit" not in self.errors:
            self.add_error("kit", _("Choose what it is like."))
        return data


def _host(text: str) -> str:
    """The host of what somebody typed, who may have pasted a whole address. Raises ValidationError."""
    typed = text.strip()
    try:
        host = (urlsplit(typed).hostname or "") if "//" in typed else typed.strip("[]/")
    except ValueError:
        host = ""
    if not _HOST.fullmatch(host):
        raise ValidationError(_("Write the address alone, such as 192.168.1.20."))
    return host


class CameraForm(forms.Form):
    make = forms.ChoiceField(
        label=_("Make"),
        choices=[("", _("another make, or I know the whole address")), *((b.code, b.name) for b in BRANDS)],
        required=False,
    )
    host = forms.CharField(
        label=_("Address in the network"), max_length=120, required=False, help_text=_("Such as 192.168.1.20.")
    )
    address = forms.CharField(
        label=_("Or the whole address of its video"),
        max_length=ADDRESS_LIMIT,
        required=False,
        help_text=_("Begins with rtsp:// or http://, without a password in it."),
    )
    user = forms.CharField(
        label=_("Name to sign in at the camera"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Its password"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Sealed before it reaches a disk. Only the gate computer can open it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        if data["make"]:
            try:
                data["address"] = stream_address(BY_CODE[data["make"]], _host(data["host"]))
            except ValidationError as fault:
                self.add_error("host", fault)
                return data
        self._check(data["address"].strip())
        if data["password"] and not data["user"]:
            self.add_error("user", _("A password goes with a name, mostly admin."))
        return data

    def _check(self, address: str) -> None:
        wrong = check_address("camera", "stream", address) if address.startswith(BEGINNINGS) else "bad_address"
        if wrong == "holds_a_password":
            self.add_error("address", _("Write name and password into their own fields: there they are sealed."))
        elif wrong is not None:
            self.add_error(
                "address", _("Choose the make and write the address in the network, or write the whole address here.")
            )
        self.cleaned_data["address"] = address

    def secret(self) -> str:
        """What the camera's driver takes; "" where it wants no name."""
        data = self.cleaned_data
        return f"{data['user']}:{data['password']}" if data["user"] else ""


class RelayForm(forms.Form):
    host = forms.CharField(
        label=_("Address of the relay in the network"),
        max_length=120,
        help_text=_("Such as 192.168.1.30. It stands in the relay's own app, under its network."),
    )
    password = forms.CharField(
        label=_("Its password"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty where it has none. Set one: whoever is in your network could open the gate without."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))

    def clean_host(self) -> str:
        """As `http://HOST[:PORT]`."""
        typed: str = self.cleaned_data["host"].strip()
        try:
            parts = urlsplit(typed if "//" in typed else f"http://{typed}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        if not _HOST.fullmatch(host) or "@" in typed:
            raise ValidationError(_("Write the address alone, such as 192.168.1.30."))
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{port}" if port else f"http://{shown}"


class FirstRuleForm(SiteForm):
    groups = AllNamed(Group.objects.none(), label=_("Who"))
    gates = AllNamed(Gate.objects.none(), label=_("Where"))
    schedule = Named(Schedule.objects.none(), label=_("When"), required=False, empty_label=_("always"))


class RegionForm(forms.Form):
    """The part of the picture that counts, in percent from its left and top edge. `region` once it is valid."""

    region: Region | None = None

    left = forms.IntegerField(label=_("from the left"), min_value=0, max_value=95, initial=0)
    top = forms.IntegerField(label=_("from the top"), min_value=0, max_value=95, initial=0)
    right = forms.IntegerField(label=_("to"), min_value=5, max_value=PERCENT, initial=PERCENT)
    bottom = forms.IntegerField(label=_("down to"), min_value=5, max_value=PERCENT, initial=PERCENT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.region = region_of([10 * data[name] for name in ("left", "top", "right", "bottom")])
            except ValueError as fault:
                raise ValidationError(_("The marked part is too small.")) from fault
        return data
