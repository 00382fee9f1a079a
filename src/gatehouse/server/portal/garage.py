"""What every page of a driver's begins with: the garage of the address, its clock, whether this is a pay station."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from gatehouse.server import keeping
from gatehouse.server.console import words
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage

STATION = "station"  # the session's word for a tablet that stands in a garage


@dataclass(frozen=True, slots=True)
class Problem:
    """Why what was asked for is not shown."""

    what: words.Text
    do: words.Text
    tone: str
    mark: str


def garage_of(code: str) -> Garage:
    """The garage of a pay code, its clock made the page's. Raises Http404."""
    garage = queries.garage_by_pay_code(code)
    if garage is None:
        raise Http404
    timezone.activate(ZoneInfo(garage.site.zone))
    return garage


def frame(request: HttpRequest, garage: Garage) -> dict[str, object]:
    """For `portal/base.html`."""
    station = request.session.get(STATION) == garage.pay_code
    return {
        "code": garage.pay_code,
        "garage_name": garage.name,
        "now": now(),
        "station": station,
        "plate": "",
        "typed": "",
        "start": reverse("pay-station" if station else "pay", args=[garage.pay_code]),
    }


def answers_a_form(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what a form of ours is sent to. Whoever comes to its address without one, as after a change of language,
    begins anew."""

    @wraps(view)
    def answered(request: HttpRequest, code: str, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "POST":
            return view(request, code, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        return HttpResponseRedirect(str(frame(request, garage_of(code))["start"]))

    return answered


def source_of(request: HttpRequest) -> str:
    """The keyed hash of who asks. Raises KeeperAway."""
    return keeping.source_of(request.META.get("REMOTE_ADDR", ""))
