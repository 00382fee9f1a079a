"""Forms of the parking pages: Django's fields, drawn by `garages/form.html`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import reader
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to


class Plate(forms.CharField):
    def __init__(self) -> None:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(label=_("Plate"), min_length=2, max_length=20, widget=forms.TextInput(attrs=attrs))


class ParkingForm(forms.Form):
    """`garages` are those that the reader sees; a field `garage` chooses among them."""

    template_name = "garages/form.html"

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.garages = queries.garages(sites_visible_to(reader(request)))
        super().__init__(*args, **({"label_suffix": ""} | kwargs))
        chooser = self.fields.get("garage")
        if isinstance(chooser, forms.ModelChoiceField):
            chooser.queryset = self.garages
            only = list(self.garages[:2])
            if len(only) == 1 and chooser.required:
                chooser.initial = only[0]

    @classmethod
    def asked(cls, request: HttpRequest, **initial: Any) -> ParkingForm:
        """Filled from a POST, empty otherwise."""
        return (
            cls(request, request.POST, initial=initial) if request.method == "POST" else cls(request, initial=initial)
        )


def garage_field(**more: Any) -> forms.ModelChoiceField[Garage]:
    field: forms.ModelChoiceField[Garage] = forms.ModelChoiceField(
        Garage.objects.none(), label=_("Garage"), **({"empty_label": None} | more)
    )
    field.label_from_instance = lambda garage: garage.name  # type: ignore[method-assign,assignment]
    return field
