"""Fields that forms of several rooms share, and amounts as people write them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.money import exponent
from gatehouse.domain.periods import can_be_meant


class Day(forms.DateField):
    """A date of this house."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> Any:
        day = super().to_python(value)
        if day is not None and not can_be_meant(day):
            raise ValidationError(_("Write a date from 2000-01-01 to 2199-12-31."))
        return day


def minor(amount: Decimal, currency: str) -> int | None:
    """Whole minor units, None for an amount with more places than the money has."""
    scaled = amount.scaleb(exponent(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))
