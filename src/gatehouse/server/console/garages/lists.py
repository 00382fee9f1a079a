"""Lists: who is kept out, who is welcome, who comes to help. Plates and reasons on a click; imports with a preview."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import local_date
from gatehouse.domain.plates import display, normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.forms import Day
from gatehouse.server.console.garages.forms import ParkingForm, Plate
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.moment import now
from gatehouse.server.parking import lists as actions
from gatehouse.server.parking.lists import Flaw, Wanted
from gatehouse.server.parking.models import Garage, ListEntry, ListKind
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to

PAGE = 25
FOUND_LIMIT = 25
PREVIEW = 20
_BATCH = "gatehouse.lists.batch"
PREVIEW_HOLDS = timedelta(hours=1)

KINDS: dict[str, tuple[words.Text, words.Text, words.Text]] = {
    "blocked": (
        _("Blocked"),
        _("Kept out at every entry. Nobody is locked in: at the exit you are told."),
        _("Nobody is blocked. Add a plate below, with the reason and a date on which it ends by itself."),
    ),
    "welcome": (
        _("Welcome"),
        _("In and out free of charge: staff, suppliers."),
        _("Nobody is on this list. Add the first supplier below, or paste a whole table."),
    ),
    "emergency": (
        _("Emergency"),
        _("Let in and out at once, always. Plates that say by their form that they are on duty pass without a list."),
        _("No vehicle is listed. Add the ambulances and fire engines that come here."),
    ),
}
FLAWS: dict[Flaw, words.Text] = {
    Flaw.NO_PLATE: _("no plate"),
    Flaw.ODD_PLATE: _("this can be no plate"),
    Flaw.TWICE: _("this plate stands here twice"),
    Flaw.BAD_DATE: _("write the date as 2026-12-31"),
    Flaw.PAST: _("this date is over"),
    Flaw.LONG_REASON: _("the reason is too long"),
    Flaw.TOO_MANY: _("too many rows: import the rest afterwards"),
    Flaw.COLUMNS: _("plate, date, reason: no more columns"),
}


class Place(forms.ChoiceField):
    """A garage, or every garage of a site."""

    def __init__(self) -> None:
        super().__init__(label=_("Where"))


class PlaceForm(ParkingForm):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.sites = {str(site.pk): site for site in sites_visible_to(reader(request))}
        self.by_id = {str(garage.pk): garage for garage in self.garages}
        used = {garage.site_id for garage in self.by_id.values()}
        choices: list[tuple[str, words.Text]] = [
            (f"site {pk}", _("Every garage of %(site)s") % {"site": site.name})
            for pk, site in self.sites.items()
            if site.pk in used
        ]
        choices += [(f"garage {pk}", garage.name) for pk, garage in self.by_id.items()]
        place = self.fields["place"]
        assert isinstance(place, forms.ChoiceField)
        place.choices = choices

    def where(self) -> tuple[Site, Garage | None]:
        what, _space, pk = self.cleaned_data["place"].partition(" ")
        if what == "site":
            return self.sites[pk], None
        return self.by_id[pk].site, self.by_id[pk]


class NewEntry(PlaceForm):
    plate = Plate()
    place = Place()
    until = Day(label=_("Until"), required=False, help_text=_("The last date on the list. Empty: for good."))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=actions.REASON_LIMIT,
        help_text=_("Kept sealed, shown with the plate."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("place") and data.get("until"):
            site, _garage = self.where()
            if data["until"] < local_date(now(), ZoneInfo(site.zone)):
                self.add_error("until", _("This date is over."))
        if data.get("plate") and not normalise(data["plate"]):
            self.add_error("plate", _("A plate has letters or digits."))
        return data


class Table(PlaceForm):
    place = Place()
    table = forms.CharField(
        label=_("Plate, until, reason"),
        widget=forms.Textarea(
            attrs={"rows": 6, "spellcheck": "false", "placeholder": "京A12345, 2027-01-31, Supplier"}
        ),
        max_length=300_000,
        required=False,
        help_text=_("One vehicle a line, as CSV or pasted from a table."),
    )
    file = forms.FileField(label=_("or a CSV file"), required=False)

    def text(self) -> str:
        sent = self.cleaned_data.get("file")
        if sent is None:
            return str(self.cleaned_data["table"])
        data: bytes = sent.read(1_000_000)
        return data.decode("utf-8", "replace")


def _kind(kind: str) -> ListKind:
    try:
        return ListKind(kind)
    except ValueError as fault:
        raise Http404 from fault


def lists(request: HttpRequest, kind: str = "blocked", number: int = 1) -> HttpResponse:
    """GET lists a page; POST adds one vehicle."""
    of = _kind(kind)
    form = NewEntry.asked(request)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        assert isinstance(form, NewEntry)
        site, garage = form.where()
        until: date | None = form.cleaned_data["until"]
        wanted = Wanted(
            normalise(form.cleaned_data["plate"]), until and until + timedelta(days=1), form.cleaned_data["reason"]
        )
        actions.add_entries(site, of, [wanted], garage=garage, by=reader(request).by, at=now())
        return HttpResponseRedirect(reverse("lists-of", args=[of]))
    rows = actions.entries(sites_visible_to(reader(request)), of)
    shown, pager = paged(rows, number, PAGE, lambda page: reverse("lists-page", args=[of, page]))
    return _page(request, of, shown, {"pager": pager, "form": form, "wrong": form.is_bound and bool(form.errors)})


def _page(request: HttpRequest, kind: ListKind, rows: list[ListEntry], context: dict[str, Any]) -> HttpResponse:
    name, lead, empty = KINDS[kind]
    context = {
        "kind": kind.value,
        "name": name,
        "lead": lead,
        "empty": empty,
        "kinds": [(code, said[0]) for code, said in KINDS.items()],
        "rows": [_line(row) for row in rows],
        "batches": actions.batches(sites_visible_to(reader(request)), kind),
        "may": reader(request).role in PARKERS,
        "form": NewEntry(request),
        "table": Table(request),
    } | context
    status = 422 if context.get("wrong") else 200
    return render(request, "garages/lists.html", tabs(request, "lists") | context, status=status)


def _line(row: ListEntry) -> dict[str, Any]:
    today = local_date(now(), ZoneInfo(row.vehicle.site.zone))
    last = row.ends - timedelta(days=1) if row.ends else None
    return {
        "pk": row.pk,
        "where": row.garage.name if row.garage else _("Every garage of %(site)s") % {"site": row.vehicle.site.name},
        "last": last,
        "over": last is not None and last < today,
        "has_reason": row.reason_cell is not None,
    }


@require_POST
def find(request: HttpRequest, kind: str) -> HttpResponse:
    """By plate, in the keeper's memory; what is found counts as seen."""
    of, typed = _kind(kind), request.POST.get("q", "").strip()[:20]
    rows = list(actions.entries(sites_visible_to(reader(request)), of))
    wanted = normalise(typed)
    hits = keeping.find(wanted, reader(request).token, FOUND_LIMIT, [row.vehicle_id for row in rows]) if wanted else []
    if isinstance(hits, Refused):
        return _page(request, of, [], {"refused": words.refused(hits.code), "q": typed})
    found = [row for row in rows if str(row.vehicle_id) in set(hits)]
    return _page(request, of, found, {"q": typed, "searched": True})


def _entry(request: HttpRequest, entry_id: UUID) -> ListEntry:
    found = actions.entry(entry_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


@require_POST
def show(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    seen = actions.look(_entry(request, entry_id), reader(request).by.authority)
    if isinstance(seen, Refused):
        return render(request, "garages/plate.html", {"refused": words.refused(seen.code)})
    return render(request, "garages/plate.html", {"plate": display(seen.plate), "reason": seen.reason})


@require_POST
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    found = _entry(request, entry_id)
    actions.remove_entries([found], by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("lists-of", args=[found.kind]))


@require_POST
def bring(request: HttpRequest, kind: str) -> HttpResponse:
    """An import: first a preview with what is wrong row by row, then, confirmed, the good rows."""
    of, table = _kind(kind), Table(request, request.POST, request.FILES)
    if not table.is_valid():
        return _page(request, of, [], {"table": table, "wrong": True})
    site, garage = table.where()
    text = table.text()
    rows = actions.read_rows(text, local_date(now(), ZoneInfo(site.zone)))
    good = [row.wanted for row in rows if row.wanted]
    if "batch" in request.POST and good:
        try:
            batch = UUID(signing.loads(request.POST["batch"], salt=_BATCH, max_age=PREVIEW_HOLDS))
        except (signing.BadSignature, ValueError):
            batch = uuid4()
        actions.add_entries(site, of, good, garage=garage, batch=batch, by=reader(request).by, at=now())
        return HttpResponseRedirect(reverse("lists-of", args=[of]))
    context = {
        "kind": of.value,
        "name": KINDS[of][0],
        "place": table.cleaned_data["place"],
        "where": garage.name if garage else site.name,
        "text": text,
        "batch": signing.dumps(str(uuid4()), salt=_BATCH),
        "good": len(good),
        "sample": good[:PREVIEW],
        "flaws": [(row.number, FLAWS[row.flaw]) for row in rows if row.flaw][:200],
    }
    return render(request, "garages/import.html", tabs(request, "lists") | context)


@require_POST
def undo(request: HttpRequest, kind: str, batch: UUID) -> HttpResponse:
    """An import is taken back whole."""
    of = _kind(kind)
    rows = list(actions.of_batch(batch, sites_visible_to(reader(request))))
    if not rows:
        raise Http404
    count = actions.remove_entries(rows, by=reader(request).by, at=now())
    said = ngettext("%(count)d vehicle was taken off again.", "%(count)d vehicles were taken off again.", count)
    shown = list(actions.entries(sites_visible_to(reader(request)), of)[:PAGE])
    return _page(request, of, shown, {"said": said % {"count": count}})
