"""Forms of the people's file: Django's fields, drawn by `garages/form.html`, each with its own error."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.money import exponent
from gatehouse.domain.pay_facts import PayKind
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.models import ShiftPattern
from gatehouse.server.console import words_payruns
from gatehouse.server.console.forms import Day, minor
from gatehouse.server.people import queries
from gatehouse.server.people.cells import TermWish
from gatehouse.server.people.credential_actions import PIN_DIGITS
from gatehouse.server.people.models import Department, Group, Site

SALT, FORM_LIVES_S = "join", 86_400
LARGEST = Decimal(10**9)
PASS_DAYS = ((0, _("no pass")), (1, _("one day")), (7, _("one week")), (30, _("30 days")), (365, _("one year")))
WEEKDAYS = (
    (0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun")),
)  # fmt: skip
WAGES = (PayKind.MONTHLY, PayKind.DAILY, PayKind.HOURLY, PayKind.PIECE)
MOST_WEEKS = 12


class _Named(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class _AllNamed(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def department_field(label: Any, empty: Any) -> forms.ModelChoiceField[Department]:
    return _Named(Department.objects.none(), label=label, required=False, empty_label=empty)


class StaffForm(forms.Form):
    """Of one site: every choice is the site's own."""

    template_name = "garages/form.html"

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        self.site = site
        super().__init__(*args, **({"label_suffix": ""} | kwargs))
        rows: dict[str, Any] = {
            "department": queries.departments(site),
            "parent": queries.departments(site),
            "groups": queries.groups(site),
            "pattern": work.patterns(site),
        }
        for name, found in rows.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = found
                if name != "department" and not found.exists():
                    del self.fields[name]


class TermsForm(StaffForm):
    """A wage beside the rest; empty is none."""

    wage_kind = forms.ChoiceField(
        label=_("Wage for"), choices=[(kind.value, words_payruns.PAY_KINDS[kind]) for kind in WAGES], required=False
    )
    wage = forms.DecimalField(label=_("Wage"), min_value=0, max_value=LARGEST, required=False)
    currency = forms.CharField(label=_("Currency"), max_length=3, required=False)
    insured = forms.DecimalField(label=_("Insured salary"), min_value=0, max_value=LARGEST, required=False)

    def clean_currency(self) -> str:
        said: str = self.cleaned_data["currency"].strip().upper() or self.site.currency
        try:
            exponent(said)
        except ValueError as fault:
            raise ValidationError(_("Write the currency in three letters, such as CNY or EUR.")) from fault
        return said

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("wage", "insured"):
            amount = data.get(name)
            if amount is not None and data.get("currency") and minor(amount, data["currency"]) is None:
                self.add_error(name, _("This currency has no such amount."))
        if data.get("wage") is not None and not data.get("wage_kind"):
            self.add_error("wage_kind", _("Choose what the wage is for."))
        return data

    def wish(self) -> TermWish | None:
        """The terms of pay, None where no wage is said."""
        data = self.cleaned_data
        if data["wage"] is None:
            return None
        rate = minor(data["wage"], data["currency"])
        insured = None if data["insured"] is None else minor(data["insured"], data["currency"])
        assert rate is not None
        return TermWish(data["wage_kind"], rate, data["currency"], insured)


class JoinForm(TermsForm):
    """`form_id` is the id that the person gets: however often the form is sent, it makes one person."""

    form_id = forms.CharField(widget=forms.HiddenInput)
    number = forms.CharField(label=_("Staff number"), max_length=24)
    name = forms.CharField(label=_("Full name"), max_length=80)
    starts = Day(label=_("First day"))
    post = forms.CharField(label=_("Post"), max_length=60, required=False)
    department = department_field(_("Department"), _("none yet"))
    groups = _AllNamed(
        Group.objects.none(), label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose gates open for this person."),
    )  # fmt: skip
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    mail = forms.EmailField(label=_("Mail"), max_length=80, required=False)
    address = forms.CharField(label=_("Address"), max_length=120, required=False)
    pattern = _Named(ShiftPattern.objects.none(), label=_("Shift"), required=False, empty_label=_("no plan yet"))
    weekdays = forms.MultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple, initial=[0, 1, 2, 3, 4]
    )
    weeks = forms.IntegerField(label=_("For how many weeks"), min_value=1, max_value=MOST_WEEKS, initial=4)
    card = forms.CharField(label=_("Card number"), max_length=32, required=False)
    pin = forms.CharField(
        label=_("PIN, typed by the person"), max_length=12, required=False,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
    )  # fmt: skip
    pass_days = forms.TypedChoiceField(label=_("QR pass for"), choices=PASS_DAYS, coerce=int, required=False)
    invite = forms.BooleanField(label=_("Make a link to their own page"), required=False)

    PARTS = (
        (_("Who"), ("number", "name", "starts", "post")),
        (_("Where"), ("department", "groups")),
        (_("Contact"), ("phone", "mail", "address")),
        (_("Pay"), ("wage_kind", "wage", "currency", "insured")),
        (_("Plan"), ("pattern", "weekdays", "weeks")),
        (_("Ways in"), ("card", "pin", "pass_days", "invite")),
    )

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(site, *args, **kwargs)
        if "pattern" not in self.fields:  # without a shift there is nothing to plan
            del self.fields["weekdays"], self.fields["weeks"]

    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields in their groups, those alone that there are."""
        shown = [(said, [self[name] for name in names if name in self.fields]) for said, names in self.PARTS]
        return [(said, fields) for said, fields in shown if fields]

    def clean_form_id(self) -> UUID:
        try:
            return UUID(signing.loads(self.cleaned_data["form_id"], salt=SALT, max_age=FORM_LIVES_S))
        except (signing.BadSignature, ValueError, TypeError) as fault:
            raise ValidationError(
                _("This form is too old. See whether the person is in the list already; if not, send it again.")
            ) from fault

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if " " in number:
            raise ValidationError(_("A staff number has no spaces."))
        return number

    def clean_card(self) -> str:
        number: str = self.cleaned_data["card"].strip().upper()
        if number and not number.isalnum():
            raise ValidationError(_("A card number is up to 32 letters and digits, as the reader shows it."))
        return number

    def clean_pin(self) -> str:
        digits: str = self.cleaned_data["pin"]
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) in PIN_DIGITS):
            raise ValidationError(_("A PIN is 4 to 12 digits."))
        return digits


def new_form_id() -> str:
    return signing.dumps(str(uuid4()), salt=SALT)


class MoveForm(TermsForm):
    on = Day(label=_("From"))
    department = department_field(_("Department"), _("as it is"))
    regroup = forms.BooleanField(label=_("Change the groups, too"), required=False)
    groups = _AllNamed(
        Group.objects.none(), label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("All of them from that date on; counts only with the tick above."),
    )  # fmt: skip

    field_order = ("on", "department", "regroup", "groups", "wage_kind", "wage", "currency", "insured")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and data.get("department") is None and not data.get("regroup") and data.get("wage") is None:
            raise ValidationError(_("Choose what is to change: department, groups or wage."))
        return data


class LeaveForm(StaffForm):
    last_day = Day(label=_("Last day"))
    when = forms.ChoiceField(
        label=_("Access ends"),
        choices=[("end", _("at the end of that day")), ("now", _("at once (the last day is today)"))],
        initial="end",
        widget=forms.RadioSelect,
    )


class DepartmentForm(StaffForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    parent = _Named(Department.objects.none(), label=_("Lies under"), required=False, empty_label=_("nothing: the top"))


class SomebodyForm(StaffForm):
    """Somebody by staff number or name, from a date on and until the end of another."""

    who = forms.CharField(label=_("Staff number or name"), max_length=60)
    since = Day(label=_("From"))
    last = Day(label=_("To and with"), required=False)


class DelegateForm(StaffForm):
    of = forms.ChoiceField(label=_("For"))
    who = forms.CharField(label=_("Stands in: staff number or name"), max_length=60)
    since = Day(label=_("From"))
    last = Day(label=_("To and with"))

    def __init__(self, site: Site, managers: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(site, *args, **kwargs)
        field = self.fields["of"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = managers
