"""Garages, tariffs, permits. Stays and payments are looked at, never edited."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.plates import normalise
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping, moment
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.base import OWNERS, PARKERS, OfficeAdmin, OfficeForm, chosen_site
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console import words
from gatehouse.server.console.saying import money
from gatehouse.server.parking import actions, queries, tariffs
from gatehouse.server.parking.models import ClosedStay, Garage, LaneException, Payment, Permit, Tariff
from gatehouse.server.people import looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site, Vehicle, Zone

PURPOSE = "backoffice"
LIKE_LIMIT = 5  # so many plates are looked at to find the one that was typed


class TariffField(forms.JSONField):
    """Nested deeper than a program can follow is no tariff, and is shown again as it was typed."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as fault:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": ""}) from fault

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)


class TariffForm(OfficeForm):
    versions = TariffField(label=_("Tariff"), help_text=_("As docs/recipes says; checked whole before it is kept."))

    def clean_versions(self) -> dict[str, object]:
        versions: dict[str, object] = self.cleaned_data["versions"]
        try:
            self.tariff = tariff_from_dict(versions)
        except (DomainError, KeyError, TypeError, AttributeError) as fault:
            raise ValidationError(str(fault)) from fault
        return versions

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        site = data.get("site") if self.instance._state.adding else self.instance.site
        if site is not None and "versions" in data:
            try:
                if self.instance._state.adding:
                    tariffs.check_new(site, self.tariff, moment.now())
                else:
                    tariffs.check_change(self.instance, self.tariff, moment.now())
            except DomainError as fault:
                raise ValidationError({"versions": str(fault)}) from fault
        return data


class NewTariff(TariffForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    code = forms.SlugField(label=_("Code"), max_length=32)
    field_order = ("site", "code")


@admin.register(Tariff, site=backoffice)
class TariffAdmin(OfficeAdmin):
    viewers = creators = changers = PARKERS
    new_form, change_form = NewTariff, TariffForm
    list_display = ("code", "site")
    shown = ("code", "site", "versions")

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Tariff:
        return actions.add_tariff(chosen_site(data), data["code"], data["versions"], by=by, at=at)

    def change(self, row: Tariff, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.change_tariff(row, data["versions"], by=by, at=at)


class NewGarage(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    zone = forms.ModelChoiceField(
        Zone.objects.none(), label=_("Zone"), help_text=_("Its lanes are the garage's lanes.")
    )
    code = forms.SlugField(label=_("Code"), max_length=32)
    name = forms.CharField(label=_("Name"), max_length=80)
    tariff = forms.ModelChoiceField(Tariff.objects.none(), label=_("Tariff"))
    leave_min = forms.IntegerField(label=_("Minutes to leave after paying"), min_value=1, max_value=240, initial=15)

    def rows(self, name: str) -> QuerySet[Any]:
        models: dict[str, Any] = {"zone": Zone, "tariff": Tariff}
        return models[name].objects.filter(site__in=self.sites) if name in models else super().rows(name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        named = [row for row in (data.get("zone"), data.get("tariff")) if row is not None]
        if any(row.site_id != getattr(data.get("site"), "pk", None) for row in named):
            raise ValidationError(_("Zone and tariff belong to the garage's own site."))
        return data


@admin.register(Garage, site=backoffice)
class GarageAdmin(OfficeAdmin):
    viewers = PARKERS
    creators = OWNERS
    new_form = NewGarage
    list_display = ("name", "code", "site", "currency", "inside", "pay_page")
    shown = ("name", "code", "site", "currency", "tariff", "leave_min", "inside", "pay_page")

    @admin.display(description=_("Inside"))
    def inside(self, row: Garage) -> int:
        return queries.count_inside(row)

    @admin.display(description=_("Payment page"))
    def pay_page(self, row: Garage) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("pay", args=[row.pay_code]), _("Open"))

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Garage:
        return actions.add_garage(
            chosen_site(data),
            data["zone"],
            data["code"],
            data["name"],
            data["tariff"],
            leave_min=data["leave_min"],
            by=by,
            at=at,
        )


class NewPermit(OfficeForm):
    """The vehicle is named by its plate: ids say nothing to anybody."""

    plate = forms.CharField(
        label=_("Plate"), max_length=20, help_text=_("Of a vehicle that is registered at the garage's site.")
    )
    garage = forms.ModelChoiceField(Garage.objects.none(), label=_("Garage"))
    starts = forms.DateField(label=_("From"))
    ends = forms.DateField(label=_("Until"), required=False, help_text=_("The first date without it."))

    def rows(self, name: str) -> QuerySet[Any]:
        return queries.garages(self.sites) if name == "garage" else super().rows(name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("A permit ends after it starts."))
        if not self.errors:
            try:
                data["vehicle"] = _vehicle_with(data["plate"], data["garage"].site, self.who)
            except ValidationError as fault:
                self.add_error("plate", fault)
        return data


def _vehicle_with(plate: str, site: Site, who: SignedIn) -> Vehicle:
    """The registered vehicle of exactly this plate, whose plates like it the keeper counts as seen. Raises
    ValidationError, KeeperAway."""
    wanted = normalise(plate)
    listed = {str(row.pk): row for row in people.listed_vehicles(site)}
    hits = keeping.find(wanted, who.token, LIKE_LIMIT + 1, among=listed) if wanted else []
    if isinstance(hits, Refused):
        raise ValidationError(str(words.refused(hits.code).what))
    if len(hits) > LIKE_LIMIT:
        raise ValidationError(_("Several plates are like this one. Type the whole plate."))
    for row in map(listed.__getitem__, hits):
        found = looks.plate(row, who.by.authority, PURPOSE)
        if isinstance(found, Refused):
            raise ValidationError(str(words.refused(found.code).what))
        if found == wanted:
            return row
    raise ValidationError(_("No vehicle with this plate is registered at the garage's site."))


class PermitForm(OfficeForm):
    ends = forms.DateField(label=_("Until"), help_text=_("The first date without it."))

    def clean_ends(self) -> date:
        ends: date = self.cleaned_data["ends"]
        if ends < self.instance.starts:
            raise ValidationError(_("A permit ends no earlier than it starts."))
        return ends


@admin.register(Permit, site=backoffice)
class PermitAdmin(OfficeAdmin):
    site_path = "garage__site"
    viewers = creators = changers = PARKERS
    new_form, change_form = NewPermit, PermitForm
    list_display = ("id", "garage", "starts", "ends")
    shown = list_display

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Permit:
        return actions.add_permit(
            data["vehicle"], data["garage"], starts=data["starts"], ends=data["ends"], by=by, at=at
        )

    def change(self, row: Permit, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.end_permit(row, ends=data["ends"], by=by, at=at)


@admin.register(ClosedStay, site=backoffice)
class ClosedStayAdmin(OfficeAdmin):
    site_path = "garage__site"
    viewers = PARKERS
    list_display = ("left_on", "garage", "amount", "paid", "state")
    list_display_links = None
    shown = list_display
    ordering = ("-left_on", "id")

    @admin.display(description=_("Amount"))
    def amount(self, row: ClosedStay) -> str:
        return money(Money(row.amount_minor, row.currency))

    @admin.display(description=_("Paid"))
    def paid(self, row: ClosedStay) -> str:
        return money(Money(row.paid_minor, row.currency))


@admin.register(Payment, site=backoffice)
class PaymentAdmin(OfficeAdmin):
    site_path = "garage__site"
    viewers = PARKERS
    list_display = ("at", "garage", "amount", "excess", "state", "provider")
    list_display_links = None
    shown = list_display
    ordering = ("-at",)

    @admin.display(description=_("Amount"))
    def amount(self, row: Payment) -> str:
        return money(Money(row.amount_minor, row.currency))

    @admin.display(description=_("To pay back"))
    def excess(self, row: Payment) -> str:
        return money(Money(row.excess_minor, row.currency)) if row.excess_minor else ""


class ExceptionForm(OfficeForm):
    done = forms.BooleanField(label=_("Somebody has looked at it"))


@admin.register(LaneException, site=backoffice)
class LaneExceptionAdmin(OfficeAdmin):
    site_path = "garage__site"
    viewers = changers = PARKERS
    change_form = ExceptionForm
    list_display = ("at", "garage", "kind", "done")
    shown = list_display
    ordering = ("done", "at")

    def change(self, row: LaneException, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.settle_exception(row, by=by, at=at)
