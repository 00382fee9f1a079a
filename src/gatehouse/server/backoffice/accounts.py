"""Operators and the log of what was written. An operator signs in with a one-time link that an owner hands over."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts import actions
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.queries import handle_of, operators
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.audit.actions import logged_on, name_in_log
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import Entry
from gatehouse.server.backoffice.base import OWNERS, OfficeAdmin, OfficeForm
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console.access import reader
from gatehouse.server.console.words import JOBS, ROLES
from gatehouse.server.parking.models import Payment, Permit
from gatehouse.server.people.models import Person, Site, Vehicle
from gatehouse.server.people.queries import all_sites

# Who is invited from a page of their own: from their person, from the teams of a construction site.
_ELSEWHERE = (Role.WORKER, Role.CONTRACTOR)


class OperatorForm(OfficeForm):
    role = forms.ChoiceField(label=_("Role"), choices=[(c, said) for c, said in ROLES.items() if c not in _ELSEWHERE])
    places = forms.ModelMultipleChoiceField(
        Site.objects.none(), label=_("Sites"), required=False, help_text=_("None means every site.")
    )
    active = forms.BooleanField(label=_("May sign in"), required=False, initial=True)

    def rows(self, name: str) -> QuerySet[Any]:
        return super().rows("site")

    def clean_places(self) -> QuerySet[Site]:
        places: QuerySet[Site] = self.cleaned_data["places"]
        if not self.who.reaches_as_far_as([str(site.pk) for site in places]):
            raise ValidationError(_("Choose among your own sites; you do not see every site yourself."))
        return places


class NewOperator(OperatorForm):
    handle = forms.SlugField(label=_("Handle"), max_length=32, help_text=_("Not a name: desk-1, night-2."))
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False, help_text=_("Sealed."))
    field_order = ("handle",)


@admin.register(Operator, site=backoffice)
class OperatorAdmin(OfficeAdmin):
    site_path = ""
    viewers = creators = changers = OWNERS
    new_form, change_form = NewOperator, OperatorForm
    list_display = ("handle", "role", "active", "link")
    shown = ("handle", "role", "active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        return operators(reader(request)).exclude(role=Role.CONTRACTOR)

    @admin.display(description=_("Sign-in link"))
    def link(self, row: Operator) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("invite-operator", args=[row.pk]), _("Make one"))

    def known(self, row: Operator, who: SignedIn) -> dict[str, Any]:
        places = list(all_sites().filter(pk__in=row.sites))
        return {"role": row.role, "active": row.active, "places": places}

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Operator:
        return actions.add_operator(
            data["handle"],
            Role(data["role"]),
            sites=[site.pk for site in data["places"]],
            contact=data["contact"],
            active=data["active"],
            by=by,
            at=at,
        )

    def change(self, row: Operator, data: dict[str, Any], by: By, at: datetime) -> None:
        sites = [site.pk for site in data["places"]]
        actions.change_operator(row, role=Role(data["role"]), sites=sites, active=data["active"], by=by, at=at)


@admin.register(Entry, site=backoffice)
class EntryAdmin(OfficeAdmin):
    """An entry names no site, so the log is for those who see every site."""

    site_path = ""
    viewers = OWNERS
    list_display = ("at", "who", "verb", "object_type", "about")
    list_display_links = None
    shown = list_display
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) and reader(request).sees_every_site

    @admin.display(description=_("Who"))
    def who(self, row: Entry) -> str:
        if row.actor.startswith("~"):
            return _told(row, "person", row.actor)
        return str(JOBS[row.actor]) if row.actor in JOBS else handle_of(row.actor)

    @admin.display(description=_("What"))
    def about(self, row: Entry) -> str:
        return _told(row, row.object_type, row.object_id)


def _told(row: Entry, kind: str, name: str) -> str:
    """The id behind an entry's alias, found among those of everybody who is still there."""
    everybody = {"person": Person.objects.all(), "vehicle": Vehicle.objects.all(), "permit": Permit.objects.all()}
    everybody |= {"payment": Payment.objects.filter(at__date__gte=logged_on(row.at) - DAY)}
    if kind not in everybody:
        return name
    ids = tuple(everybody[kind].values_list("pk", flat=True))
    return _aliases(kind, logged_on(row.at), ids).get(name, name)


@lru_cache(maxsize=32)
def _aliases(kind: str, day: date, ids: tuple[UUID, ...]) -> dict[str, str]:
    return {name_in_log(kind, one, day): str(one) for one in ids}
