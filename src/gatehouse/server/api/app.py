"""The API put together, and its addresses. Its OpenAPI description and the page that shows it are for operators:
whoever looks for an API without being one finds none."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from ninja.openapi.views import openapi_view
from ninja.responses import NinjaJSONEncoder

from gatehouse.server.api import (
    errors,
    routes_entrance,
    routes_gates,
    routes_imports,
    routes_jobs,
    routes_parking,
    routes_people,
    routes_rights,
    routes_sites,
    routes_work,
)
from gatehouse.server.api.access import operators_only
from gatehouse.server.api.described import DescribedAPI
from gatehouse.server.api.parsing import StrictParser
from gatehouse.server.problems import problem

View = Callable[..., HttpResponse]

api = DescribedAPI(
    title="Gatehouse",
    version="1",
    description="Sign in with a one-time code, then send the ticket as `Authorization: Bearer`.",
    parser=StrictParser(),
    openapi_url=None,
    urls_namespace="api",
)
errors.install(api)
for _room in (
    routes_entrance,
    routes_sites,
    routes_gates,
    routes_people,
    routes_imports,
    routes_parking,
    routes_rights,
    routes_work,
    routes_jobs,
):
    api.add_router("", _room.router)


@operators_only
def description(request: HttpRequest) -> HttpResponse:
    return JsonResponse(api.get_openapi_schema(path_prefix=reverse("api:nothing", args=[""])), encoder=NinjaJSONEncoder)


@operators_only
def docs(request: HttpRequest) -> HttpResponse:
    return openapi_view(request, api)


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problem(404, "not_found", "There is nothing here.")


def _as_problem(view: View) -> View:
    """A method that a route does not have is answered as a problem too."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        refusal = problem(405, "method", "This address does not take that method.")
        refusal["Allow"] = response.get("Allow", "")
        return refusal

    return answered


def _routes(patterns: Iterable[Any]) -> list[URLPattern]:
    """The routes of django-ninja, without its own root page."""
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            pattern.callback = _as_problem(pattern.callback)
            found.append(pattern)
    return found


app_name = "api"
urlpatterns = [
    path("openapi.json", description, name="openapi-json"),
    path("docs", docs, name="openapi-view"),
    *_routes(api.urls[0]),
    re_path(r"^(?P<rest>[\s\S]*)$", nothing_here, name="nothing"),
]
