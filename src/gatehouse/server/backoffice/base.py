"""What every list and form of the back office does: scoped by site and role, and written by actions only.

A form's fields are declared and belong to no column; when it is valid, `create` or `change` of the admin class calls
the action, which also writes the audit entry. Django's own admin log stays empty: it would hold what things are named.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.admin import ModelAdmin

from gatehouse.domain.periods import EARLIEST, LATEST, can_be_meant
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.wording import CODES, Column, column
from gatehouse.server.console.access import reader
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import all_sites, sites_visible_to

OWNERS = frozenset({Role.OWNER})
GUARDS = frozenset({Role.OWNER, Role.SECURITY})
PERSONNEL = frozenset({Role.OWNER, Role.HR})
PARKERS = frozenset({Role.OWNER, Role.PARKING})
EVERYBODY = frozenset({Role.OWNER, Role.SECURITY, Role.HR, Role.PARKING})
NOBODY: frozenset[Role] = frozenset()

_WIDGETS: tuple[tuple[type[forms.Field], type[forms.Widget]], ...] = (
    (forms.BooleanField, widgets.UnfoldBooleanSwitchWidget),
    (forms.DateField, widgets.UnfoldAdminSingleDateWidget),
    (forms.JSONField, widgets.UnfoldAdminTextareaWidget),
    (forms.ModelMultipleChoiceField, widgets.UnfoldAdminSelectMultipleWidget),
    (forms.MultipleChoiceField, widgets.UnfoldAdminSelectMultipleWidget),
    (forms.ChoiceField, widgets.UnfoldAdminSelectWidget),
    (forms.ModelChoiceField, widgets.UnfoldAdminSelectWidget),
    (forms.Field, widgets.UnfoldAdminTextInputWidget),
)


def _widget(field: forms.Field) -> forms.Widget:
    kind = next(widget for known, widget in _WIDGETS if isinstance(field, known))
    widget = kind()
    if isinstance(widget, forms.Select):
        widget.choices = getattr(field, "choices", [])
    if isinstance(widget, forms.SelectMultiple) and isinstance(field, forms.MultipleChoiceField):
        widget.attrs["size"] = len(list(widget.choices))  # few and fixed: nobody scrolls for a Sunday
    return widget


def _check_date(day: date) -> None:
    if not can_be_meant(day):
        raise ValidationError(
            _("Write a date from %(earliest)s to %(latest)s."), params={"earliest": EARLIEST, "latest": LATEST}
        )


class OfficeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Declared fields only; `who` and `sites` are set for the reader of the form."""

    who: ClassVar[SignedIn]
    known: ClassVar[dict[str, Any]] = {}  # what the form shows of a row that is there

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, **self.known}
        self.sites = sites_visible_to(self.who)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.rows(name)
            elif isinstance(field, forms.ChoiceField) and not callable(field.choices):
                codes = CODES.get((self._meta.model, name), {})
                field.choices = [
                    (c, codes.get(c, said) if isinstance(said, str) else said) for c, said in field.choices
                ]
            if isinstance(field, forms.DateField):
                field.validators.append(_check_date)
            widget = _widget(field)
            widget.is_required = field.required
            widget.attrs |= field.widget_attrs(widget)
            field.widget = widget

    def _post_clean(self) -> None:
        """Instead of Django's: an action makes the row, so only what must be unique is asked of the model here."""
        if self.errors or not self.instance._state.adding:
            return
        columns = {field.name for field in self.instance._meta.concrete_fields}
        given = {name: value for name, value in self.cleaned_data.items() if name in columns}
        draft = self.instance.__class__(**given)
        others = columns - set(given)
        try:
            draft.validate_unique(exclude=others)
            draft.validate_constraints(exclude=others)
        except ValidationError as fault:
            self.add_error(None, ValidationError(fault.messages))

    def rows(self, name: str) -> QuerySet[Any]:
        """What may be chosen in the field `name`."""
        assert name == "site", name
        return all_sites().filter(pk__in=[site.pk for site in self.sites])


class OfficeAdmin(ModelAdmin):  # type: ignore[misc]
    """`site_path` leads from a row to its site; "" where rows belong to the whole installation."""

    site_path = "site"
    viewers: frozenset[Role] = EVERYBODY
    creators: frozenset[Role] = NOBODY
    changers: frozenset[Role] = NOBODY
    new_form: type[OfficeForm] | None = None
    change_form: type[OfficeForm] | None = None
    shown: tuple[str, ...] = ()  # on the page of a row that may only be looked at
    actions = None
    list_filter: Iterable[str] = ()
    search_fields: Iterable[str] = ()
    list_per_page = 25
    compressed_fields = True
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> list[Column]:
        return [column(self.model, name) for name in self.list_display]

    # --- who may ---

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return reader(request).role in self.viewers

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.new_form is not None and reader(request).role in self.creators

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.change_form is not None and reader(request).role in self.changers

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if not self.site_path:
            return rows
        return rows.filter(**{f"{self.site_path}__in": sites_visible_to(reader(request))})

    # --- forms ---

    def _form(self, request: HttpRequest, obj: Model | None) -> type[OfficeForm] | None:
        if obj is None:
            return self.new_form
        return self.change_form if self.has_change_permission(request, obj) else None

    def get_form(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        form = self._form(request, obj)
        if form is None:
            return super().get_form(request, obj, **kwargs)
        meta = type("Meta", (), {"model": self.model, "fields": ()})
        known = {} if obj is None else self.known(obj, reader(request))
        return type(form.__name__, (form,), {"who": reader(request), "known": known, "Meta": meta})

    def known(self, row: Any, who: SignedIn) -> dict[str, Any]:
        """What the form of a row that is there begins with."""
        form = self.change_form
        return {name: getattr(row, name) for name in form.declared_fields if hasattr(row, name)} if form else {}

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Column]:
        form = self._form(request, obj)
        return self._shown() if form is None else list(form.declared_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Column]:
        return self._shown() if self._form(request, obj) is None else []

    def _shown(self) -> list[Column]:
        return [column(self.model, name) for name in self.shown]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing from the address: it would stand in logs and histories."""
        return {}

    # --- writing ---

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Model:
        raise PermissionError("this list takes no new rows")

    def change(self, row: Any, data: dict[str, Any], by: By, at: datetime) -> None:
        raise PermissionError("rows of this list do not change")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = reader(request).by, now()
        if change:
            self.change(obj, form.cleaned_data, by, at)
        else:
            obj.__dict__.update(self.create(form.cleaned_data, by, at).__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Actions write relations themselves."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The action's audit entry says it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The action's audit entry says it."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        return redirect("admin:audit_entry_changelist")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


def chosen_site(data: dict[str, Any]) -> Site:
    site = data["site"]
    assert isinstance(site, Site)
    return site
