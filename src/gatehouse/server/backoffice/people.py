"""Sites, groups, people, vehicles. Lists of people show staff numbers and initials, which the keeper counts."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.money import EXPONENTS
from gatehouse.domain.plates import normalise
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.base import (
    EVERYBODY,
    GUARDS,
    OWNERS,
    PARKERS,
    PERSONNEL,
    OfficeAdmin,
    OfficeForm,
    chosen_site,
)
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.words_tariff import CLASSES
from gatehouse.server.people import actions, looks, queries, vehicle_actions
from gatehouse.server.people.cells import Bank, Contact, File, Identity
from gatehouse.server.people.models import (
    Department,
    Group,
    Person,
    PersonState,
    Site,
    SiteType,
    Vehicle,
    VehicleState,
    Zone,
)

PURPOSE = "backoffice"


_UNCHOSEN = ("", "---------")  # as Django shows it


def _zones() -> list[tuple[str, str]]:
    """Nothing is chosen for a new site: whoever overlooks the field would get the first zone of the alphabet."""
    names = sorted(available_timezones())
    return [_UNCHOSEN, *((name, name) for name in names if "/" in name and not name.startswith("Etc/"))]


class NewSite(OfficeForm):
    code = forms.SlugField(label=_("Code"), max_length=32, help_text=_("Short; letters, digits and dashes."))
    name = forms.CharField(label=_("Name"), max_length=80)
    type = forms.ChoiceField(label=_("Type"), choices=SiteType.choices)
    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[_UNCHOSEN, *((code, code) for code in sorted(EXPONENTS))]
    )


@admin.register(Site, site=backoffice)
class SiteAdmin(OfficeAdmin):
    site_path = "pk"
    creators = OWNERS
    new_form = NewSite
    list_display = ("name", "code", "type", "zone", "currency")
    shown = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and reader(request).sees_every_site

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Site:
        kind = SiteType(data["type"])
        return actions.add_site(
            data["code"], data["name"], kind, zone=data["zone"], currency=data["currency"], by=by, at=at
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        return queries.all_sites().filter(pk__in=[site.pk for site in queries.sites_visible_to(reader(request))])


class NewZone(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    code = forms.SlugField(label=_("Code"), max_length=32)
    name = forms.CharField(label=_("Name"), max_length=80)


@admin.register(Zone, site=backoffice)
class ZoneAdmin(OfficeAdmin):
    creators = OWNERS
    new_form = NewZone
    list_display = ("name", "code", "site")
    shown = list_display

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Zone:
        return actions.add_zone(chosen_site(data), data["code"], data["name"], by=by, at=at)


class Named(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    name = forms.CharField(label=_("Name"), max_length=80)


@admin.register(Department, site=backoffice)
class DepartmentAdmin(OfficeAdmin):
    viewers = creators = PERSONNEL
    new_form = Named
    list_display = ("name", "site")
    shown = list_display

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Department:
        return actions.add_department(chosen_site(data), data["name"], by=by, at=at)


@admin.register(Group, site=backoffice)
class GroupAdmin(OfficeAdmin):
    creators = PERSONNEL | GUARDS
    new_form = Named
    list_display = ("name", "site")
    shown = list_display

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Group:
        return actions.add_group(chosen_site(data), data["name"], by=by, at=at)


# --- people ------------------------------------------------------------------------------------------------------


class PersonForm(OfficeForm):
    """All of somebody's file; everything in it is sealed before it reaches a row."""

    number = forms.CharField(label=_("Staff number"), max_length=24)
    name = forms.CharField(label=_("Full name"), max_length=80)
    groups = forms.ModelMultipleChoiceField(Group.objects.none(), label=_("Groups"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    mail = forms.EmailField(label=_("Mail"), max_length=80, required=False)
    address = forms.CharField(label=_("Address"), max_length=120, required=False)
    identity = forms.CharField(label=_("Identity number"), max_length=40, required=False)
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    account = forms.CharField(label=_("Bank account"), max_length=40, required=False)
    holder = forms.CharField(label=_("Account holder"), max_length=60, required=False)
    bank = forms.CharField(label=_("Bank"), max_length=60, required=False)
    department = forms.CharField(label=_("Department"), max_length=60, required=False)
    manager = forms.CharField(label=_("Manager"), max_length=60, required=False)
    post = forms.CharField(label=_("Post"), max_length=60, required=False)
    hired = forms.DateField(label=_("Hired on"), required=False)
    starts = forms.DateField(label=_("Access from"), required=False)
    ends = forms.DateField(label=_("Access until"), required=False)

    def rows(self, name: str) -> QuerySet[Any]:
        if name == "groups":
            return Group.objects.filter(site__in=self.sites).order_by("name")
        return super().rows(name)

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if " " in number:
            raise ValidationError(_("A staff number has no spaces."))
        return number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        site = data.get("site") or getattr(self.instance, "site", None)
        if site is not None and any(group.site_id != site.pk for group in data.get("groups", ())):
            raise ValidationError(_("Groups belong to the person's own site."))
        return data


class NewPerson(PersonForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    field_order = ("site",)


def _facts(data: dict[str, Any]) -> actions.Facts:
    texts: dict[str, Any] = {key: value.strip() if isinstance(value, str) else value for key, value in data.items()}
    return actions.Facts(
        number=texts["number"],
        name=texts["name"],
        contact=Contact(texts["phone"], texts["mail"], texts["address"]),
        identity=Identity(texts["identity"], texts["tax_number"]),
        bank=Bank(texts["account"], texts["holder"], texts["bank"]),
        file=File(
            department=texts["department"],
            manager=texts["manager"],
            post=texts["post"],
            hired=texts["hired"],
            starts=texts["starts"],
            ends=texts["ends"],
        ),
    )


def _initial(facts: actions.Facts, of: Person) -> dict[str, Any]:
    file = facts.file
    return {
        "number": facts.number, "name": facts.name, "groups": list(queries.groups_of(of)),
        "phone": facts.contact.phone, "mail": facts.contact.mail, "address": facts.contact.address,
        "identity": facts.identity.number, "tax_number": facts.identity.tax_number,
        "account": facts.bank.account, "holder": facts.bank.holder, "bank": facts.bank.bank,
        "department": file.department, "manager": file.manager, "post": file.post,
        "hired": file.hired, "starts": file.starts, "ends": file.ends,
    }  # fmt: skip


class PeopleList(ChangeList):
    """A page of people with their staff numbers and initials, revealed for the reader."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        named = looks.briefs(rows, reader(request).by.authority, PURPOSE)
        if isinstance(named, Refused):
            self.model_admin.message_user(request, str(words.refused(named.code).what), "WARNING")
        else:
            for one in named:
                vars(one.person)["brief"] = one.brief
        self.result_list = rows


@admin.register(Person, site=backoffice)
class PersonAdmin(OfficeAdmin):
    viewers = PERSONNEL | {Role.SECURITY}
    creators = changers = PERSONNEL
    new_form, change_form = NewPerson, PersonForm
    list_display = ("number", "initials", "site", "state", "page")
    list_display_links = None
    shown = ("site", "state", "page")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Somebody who has left stays as they were."""
        here = obj is None or obj.state == PersonState.ACTIVE
        return here and super().has_change_permission(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PeopleList

    @admin.display(description=_("Staff number"))
    def number(self, row: Person) -> str | SafeString:
        brief = getattr(row, "brief", None)
        said = brief.number if brief is not None and brief.number else "·····"
        return format_html('<a href="{}">{}</a>', reverse("admin:people_person_change", args=[row.pk]), said)

    @admin.display(description=_("Initials"))
    def initials(self, row: Person) -> str:
        brief = getattr(row, "brief", None)
        return brief.initials if brief is not None else ""

    @admin.display(description=_("Person page"))
    def page(self, row: Person) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("person", args=[row.pk]), _("Open"))

    def known(self, row: Person, who: SignedIn) -> dict[str, Any]:
        """All of somebody's file: a look that the keeper counts and logs. Raises PermissionDenied over the limit."""
        facts = looks.facts(row, who.by.authority, PURPOSE)
        if isinstance(facts, Refused):
            raise PermissionDenied
        return _initial(facts, row)

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Person:
        return actions.hire_person(chosen_site(data), _facts(data), groups=data["groups"], by=by, at=at)

    def change(self, row: Person, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.edit_person(row, _facts(data), by=by, at=at)
        actions.set_groups(row, data["groups"], by=by, at=at)


# --- vehicles ----------------------------------------------------------------------------------------------------


def _class_field() -> forms.ChoiceField:
    """What tariffs call it; empty is what its plate says."""
    return forms.ChoiceField(
        label=_("Vehicle class"),
        required=False,
        choices=[("", _("As its plate says")), *CLASSES.items()],
        help_text=_("Its stays are priced so."),
    )


class NewVehicle(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    plate = forms.CharField(label=_("Plate"), max_length=20)
    vehicle_class = _class_field()

    def clean_plate(self) -> str:
        plate: str = self.cleaned_data["plate"]
        if not normalise(plate):
            raise ValidationError(_("A plate has at least one letter or digit."))
        return plate


class VehicleForm(OfficeForm):
    state = forms.ChoiceField(label=_("State"), choices=VehicleState.choices)
    vehicle_class = _class_field()


@admin.register(Vehicle, site=backoffice)
class VehicleAdmin(OfficeAdmin):
    viewers = EVERYBODY - {Role.HR}
    creators = changers = PARKERS | {Role.SECURITY}
    new_form, change_form = NewVehicle, VehicleForm
    list_display = ("id", "site", "state")
    shown = ("site", "state")

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Vehicle:
        return vehicle_actions.register_vehicle(
            chosen_site(data), data["plate"], owner=None, vehicle_class=data["vehicle_class"], by=by, at=at
        )

    def change(self, row: Vehicle, data: dict[str, Any], by: By, at: datetime) -> None:
        vehicle_actions.set_vehicle_state(row, VehicleState(data["state"]), by=by, at=at)
        if data["vehicle_class"] != row.vehicle_class:
            vehicle_actions.set_vehicle_class(row, data["vehicle_class"], by=by, at=at)
